"""An operator's own texts: sentences that replace the server's, and languages that it does not have."""

import logging
from importlib.resources import files
from pathlib import Path

import pytest

from athena_auth import Athena, SettingsError, load_settings
from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.render import render
from athena_auth.delivery.text import render_text
from athena_auth.kernel.texts import PluralText
from athena_auth.languages import Languages
from support.catalogues import Translator, from_right_to_left, write_catalogue, write_complete_catalogue
from support.messages import CODE, message_of
from support.world import SECRET, world_over

NOT_FOUND = "There is nothing at this path."
HELP = "If you can no longer sign in, contact {app_name} support."
LEFT = "You have {n} code left."


def start(folder: Path) -> Athena:
    """Build a server with these texts."""
    return Athena(
        load_settings(secret=SECRET, database_url=f"sqlite:///{folder / 'athena.db'}", texts=str(folder))
    )


async def said_to(url: str, folder: Path, language: str) -> str:
    """Return what a server with these texts says of an unknown path."""
    async with world_over(url, texts=str(folder)) as world:
        client = await world.client(**{"accept-language": language})
        message: str = (await client.get("/nowhere")).json()["message"]
        return message


async def test_a_sentence_is_replaced_and_the_others_stay(sqlite_url: str, tmp_path: Path) -> None:
    write_catalogue(tmp_path, "de", {NOT_FOUND: "Hier ist nichts."})
    write_catalogue(tmp_path, "en", {NOT_FOUND: "Nothing to see here."})

    assert await said_to(sqlite_url, tmp_path, "de") == "Hier ist nichts."
    assert await said_to(sqlite_url, tmp_path, "en") == "Nothing to see here."
    assert await said_to(sqlite_url, tmp_path, "fr") == "Il n’y a rien à ce chemin."
    async with world_over(sqlite_url, texts=str(tmp_path)) as world:
        client = await world.client(**{"accept-language": "de"})
        refused = await client.get("/list-sessions")
        assert refused.json()["message"] == "Sie sind nicht angemeldet. Melden Sie sich zuerst an."


def test_the_mails_have_the_sentences_of_the_operator(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "de", {HELP: "Rufen Sie {app_name} unter 0800 1234 an."})
    languages = Languages.load(tmp_path)

    mail = render(message_of(MessageKind.PASSWORD_CHANGED, language="de"), languages.of("de"))

    assert "Rufen Sie Athena unter 0800 1234 an." in " ".join(mail.text.split())
    assert "Rufen Sie Athena unter 0800 1234 an." in mail.html


@pytest.mark.parametrize(
    ("sentence", "translation", "fault"),
    [
        ("No such sentence.", "Kein Satz.", "translates 'No such sentence.', which the server does not use"),
        (HELP, "Melden Sie sich.", "without its placeholders, or with others"),
        (HELP, "Melden Sie sich bei {app}.", "without its placeholders, or with others"),
        (HELP, "Melden Sie sich bei {app_name}, {app}.", "without its placeholders, or with others"),
        (HELP, "Melden Sie sich bei {app_name.__class__}.", "without its placeholders, or with others"),
        (HELP, "Melden Sie sich bei {app_name!r}.", "without its placeholders, or with others"),
        (HELP, "Melden Sie sich bei {app_name.", "without its placeholders, or with others"),
        (NOT_FOUND, "Hier ist {nothing}.", "without its placeholders, or with others"),
        (NOT_FOUND, "Zu 100 % nichts.", "without its placeholders, or with others"),
    ],
)
def test_texts_that_would_fail_later_refuse_the_start(
    tmp_path: Path, sentence: str, translation: str, fault: str
) -> None:
    write_catalogue(tmp_path, "de", {sentence: translation})

    with pytest.raises(SettingsError) as refused:
        start(tmp_path)

    assert str(refused.value).startswith("ATHENA_TEXTS: de.po translates ")
    assert fault in str(refused.value)


def test_a_long_sentence_is_quoted_in_part(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "de", {"no " * 100: "nein"})

    with pytest.raises(SettingsError) as refused:
        start(tmp_path)

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        (
            "klingonisch.po",
            'msgid ""\nmsgstr ""\n',
            "klingonisch.po is not named after a language, such as de.po or pt-BR.po.",
        ),
        ("de.utf8.po", "", "de.utf8.po is not named after a language"),
        ("de@euro.po", "", "de@euro.po is not named after a language"),
        ("de.po", "This is no catalogue.\n", "de.po cannot be read: "),
        ("de.po", b"\xff\xfe\x00", "de.po cannot be read: "),
        ("de.txt", "", "there is no .po file in "),
    ],
)
def test_a_file_that_is_no_catalogue_refuses_the_start(
    tmp_path: Path, name: str, content: str | bytes, fault: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(SettingsError) as refused:
        start(tmp_path)

    assert str(refused.value).startswith(f"ATHENA_TEXTS: {fault}")


def test_a_copy_of_the_template_changes_nothing_that_it_does_not_translate(tmp_path: Path) -> None:
    """An untranslated plural became English: the compiler writes the English for its empty forms."""
    template = files("athena_auth.languages").joinpath("catalogues", "messages.pot").read_bytes()
    (tmp_path / "de.po").write_bytes(template)

    german = Languages.load(tmp_path).of("de")

    assert german.render(PluralText(LEFT, "You have {n} codes left.", n=7)) == "Sie haben noch 7 Codes."
    assert german.gettext(NOT_FOUND) != NOT_FOUND


async def test_a_file_is_known_by_its_language_however_its_name_is_written(
    sqlite_url: str, tmp_path: Path
) -> None:
    write_catalogue(tmp_path, "de", {NOT_FOUND: "Hier ist nichts."})
    (tmp_path / "de.po").rename(tmp_path / "DE.po")

    assert await said_to(sqlite_url, tmp_path, "de") == "Hier ist nichts."


def test_two_files_for_one_language_refuse_the_start(tmp_path: Path) -> None:
    write_complete_catalogue(tmp_path, "pt-BR", lambda sentence: f"[{sentence}]")
    (tmp_path / "pt_BR.po").write_bytes((tmp_path / "pt-BR.po").read_bytes())

    with pytest.raises(SettingsError, match=r"ATHENA_TEXTS: pt-BR\.po and pt_BR\.po are both for pt-BR\."):
        start(tmp_path)


def test_a_folder_that_does_not_exist_refuses_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ATHENA_TEXTS: there is no \.po file in .*nowhere"):
        start(tmp_path / "nowhere")


async def test_a_language_that_is_complete_is_offered(sqlite_url: str, tmp_path: Path) -> None:
    write_complete_catalogue(tmp_path, "pt-BR", lambda sentence: f"[{sentence}]")

    async with world_over(sqlite_url, texts=str(tmp_path)) as world:
        client = await world.client(**{"accept-language": "pt-BR,en;q=0.5"})
        refused = await client.get("/nowhere")

    assert refused.json()["message"] == f"[{NOT_FOUND}]"
    assert refused.headers["content-language"] == "pt-BR"


@pytest.mark.parametrize(
    "translate", [lambda sentence: f"[{sentence}]", lambda _sentence: ""], ids=["all but one", "none"]
)
async def test_a_language_that_is_not_complete_is_not_offered_and_the_log_says_what_is_missing(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, translate: Translator
) -> None:
    write_complete_catalogue(tmp_path, "nl", translate, without=NOT_FOUND)

    with caplog.at_level(logging.WARNING, "athena_auth"):
        assert await said_to(sqlite_url, tmp_path, "nl") == NOT_FOUND

    (warning,) = [line for line in caplog.messages if "event=texts.incomplete " in line]
    assert "language=nl" in warning
    assert (NOT_FOUND in warning) == ("missing=1 " in warning)


def test_a_mail_from_right_to_left(tmp_path: Path) -> None:
    """No language that comes with the server is written from right to left: this is a pseudo-locale."""
    languages = Languages.load(write_complete_catalogue(tmp_path, "ar", from_right_to_left))
    message = message_of(MessageKind.TWO_FACTOR_OTP, language="ar")

    mail = render(message, languages.of("ar"))

    assert '<html lang="ar" dir="rtl">' in mail.html
    assert '<p class="box" dir="ltr"' in mail.html
    assert mail.text.splitlines().count(CODE) == 1
    assert from_right_to_left("Hello {name},").format(name="Ada") in mail.text
    assert "<bdi>Ada</bdi>" in mail.html


def test_a_text_message_in_letters_that_the_gsm_alphabet_lacks_is_sent_in_unicode(tmp_path: Path) -> None:
    languages = Languages.load(write_complete_catalogue(tmp_path, "ar", from_right_to_left))

    text = render_text(message_of(MessageKind.TWO_FACTOR_OTP), "auth.example.com", languages.of("ar"))

    assert text.startswith("نص Athena: 482915 is your security code")
    assert "نهاية" in text
