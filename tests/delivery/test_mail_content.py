"""The content of mail, and what attackers must not be able to put into it."""

import email
import io
import re
from email.message import EmailMessage
from email.policy import SMTPUTF8
from html.parser import HTMLParser

import idna
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from athena_auth.delivery.mime import compose, parse_sender
from athena_auth.delivery.model import DeliveryFailed, Message, MessageKind
from athena_auth.delivery.render import render
from support.messages import CODE, MESSAGES, SECRETS, URL, message_of

MESSAGE = message_of(MessageKind.TWO_FACTOR_OTP)
LINKS = [message_of(kind) for kind in (MessageKind.EMAIL_VERIFICATION, MessageKind.PASSWORD_RESET)]
SENDER = parse_sender("Athena <no-reply@example.org>")
COMPOSED_HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]

# Lone surrogates too: a JSON string can smuggle one past many a decoder.
any_text = st.text(st.characters(exclude_categories=()))
mail_text = st.text(st.sampled_from('aä.@ "<>,;:\\()[]\r\n\t\0\x1b\ud800\u2028-+%=?'))


any_message = st.sampled_from(MESSAGES)
each_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
each_link = pytest.mark.parametrize("message", LINKS, ids=lambda message: message.kind)


class Page(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def with_(message: Message = MESSAGE, **changes: str | int) -> Message:
    return msgspec.structs.replace(message, **changes)


def shown(document: str) -> list[str]:
    """Return the words of the page, without its head."""
    return " ".join(Page("<body" + document.partition("<body")[2]).words).split()


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def received(message: Message) -> EmailMessage:
    """Return the mail as a reader on the far side parses it from its bytes."""
    parsed = email.message_from_bytes(compose(message, SENDER).as_bytes(policy=SMTPUTF8), policy=SMTPUTF8)
    assert isinstance(parsed, EmailMessage)
    return parsed


def received_unless_refused(message: Message) -> EmailMessage | None:
    try:
        return received(message)
    except DeliveryFailed:
        return None


@each_message
def test_a_message_survives_the_outbox(message: Message) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=Message) == message


def test_a_message_that_an_older_version_left_in_the_outbox_is_still_sent() -> None:
    """An update comes while a mail waits; the row has only the fields there were then."""
    fields = ("kind", "to", "name", "app_name", "code", "expires_at", "valid_for")
    row = msgspec.msgpack.encode({field: getattr(MESSAGE, field) for field in fields})
    assert msgspec.msgpack.decode(row, type=Message) == MESSAGE


@each_message
def test_no_repr_of_a_message_shows_a_secret_or_the_address(message: Message) -> None:
    """A message is a local variable of frames that a traceback with locals prints, by repr or by rich."""
    rich_repr = io.StringIO()
    Console(file=rich_repr, width=1_000).print(message)  # a fold would hide a secret from the search below
    for text in (repr(message), str(message), f"{message}", rich_repr.getvalue()):
        assert message.kind in text
        assert not any(secret in text for secret in SECRETS)
        assert "ada@" not in text


def test_a_repr_hides_what_is_not_even_an_address() -> None:
    assert "nonsense" not in repr(with_(to="nonsense"))


@each_message
def test_no_repr_of_a_rendered_message_shows_a_secret(message: Message) -> None:
    assert not any(secret in repr(render(message)) for secret in SECRETS)


@each_message
def test_the_subject_names_the_service_and_keeps_the_secret_off_the_lock_screen(message: Message) -> None:
    subject = render(message).subject
    assert "Athena" in subject
    assert len(subject) < 70
    assert not any(secret in subject for secret in SECRETS)


def test_every_kind_has_a_subject_of_its_own() -> None:
    assert len({render(message).subject for message in MESSAGES}) == len(MessageKind)


@pytest.mark.parametrize("message", [MESSAGE, *LINKS], ids=lambda message: message.kind)
def test_a_preview_of_the_first_words_does_not_show_the_secret(message: Message) -> None:
    rendered = render(message)
    secret = message.code or message.url or ""
    for text in (in_one_line(rendered.text), " ".join(shown(rendered.html))):
        assert text.index(secret) > 150


@each_message
def test_both_parts_say_the_same(message: Message) -> None:
    """Who reads one part must not miss what the other says; only the colon of a link's label is the text's."""
    rendered = render(message)
    text = re.sub(r":(?=\nhttps:)", "", rendered.text)
    # Where a tag ends before a comma the page has a word and its comma apart.
    assert "".join(text.split()) == "".join(shown(rendered.html))


def test_the_code_comes_with_its_lifetime_and_two_warnings() -> None:
    words = in_one_line(render(MESSAGE).text)
    assert CODE in words
    assert "3 minutes" in words
    assert "Nobody from Athena will ever ask for this code" in words
    assert "change your password" in words


@each_link
def test_a_link_stands_alone_in_the_text_and_twice_in_the_page(message: Message) -> None:
    """A button for most, and the address for those who look before they press."""
    rendered = render(message)
    assert rendered.text.splitlines().count(URL) == 1
    page = Page(rendered.html)
    assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == [URL, URL]
    assert page.words.count(URL) == 1


@each_link
def test_a_link_says_how_long_it_works_and_that_it_may_be_ignored(message: Message) -> None:
    words = in_one_line(render(with_(message, valid_for=3_600)).text)
    assert "expires 1 hour after it was requested" in words
    assert "If you did not request this, ignore this email. Nothing will change." in words


def test_a_reset_is_no_way_round_the_second_factor_and_says_so() -> None:
    words = in_one_line(render(message_of(MessageKind.PASSWORD_RESET)).text)
    assert "If your account has a second factor, you will still be asked for it afterwards." in words


@each_link
def test_a_link_stays_one_attribute(message: Message) -> None:
    page = Page(render(with_(message, url="https://x.example/?a=\"><img src=x>&b='")).html)
    assert "img" not in [tag for tag, _ in page.tags]
    assert {attributes["href"] for tag, attributes in page.tags if tag == "a"} == {
        "https://x.example/?a=\"><img src=x>&b='"
    }


@pytest.mark.parametrize(
    ("seconds", "lifetime"),
    [
        (604_800, "7 days"),
        (86_400, "1 day"),
        (7_200, "2 hours"),
        (3_661, "61 minutes"),
        (3_600, "1 hour"),
        (180, "3 minutes"),
        (119, "1 minute"),
        (60, "1 minute"),
        (30, "30 seconds"),
        (1, "1 second"),
    ],
)
def test_the_mail_never_promises_more_time_than_there_is(seconds: int, lifetime: str) -> None:
    assert f"expires {lifetime} after" in in_one_line(render(with_(valid_for=seconds)).text)


@given(message=any_message, name=any_text)
@example(message=MESSAGE, name="\r\n\r\nBcc: eve@example.net")
@example(message=MESSAGE, name="\u202egnirts desrever")
@example(message=MESSAGE, name="👩\u200d💻")
def test_any_name_renders_and_leaves_the_secret_on_a_line_of_its_own(message: Message, name: str) -> None:
    rendered = render(with_(message, name=name))
    lines = rendered.text.splitlines()
    assert (lines.count(CODE), lines.count(URL)) == (int(bool(message.code)), int(bool(message.url)))
    assert lines[0].startswith("Hello")
    assert not lines[1]
    assert not any(line.startswith(" ") or line.endswith(" ") for line in lines)
    rendered.html.encode()


@pytest.mark.parametrize(
    "name", ["Zoë Ångström", "山田 太郎", "محمد", "J. R. Smith", "O'Brien-Łukasz", "👩\u200d💻"]
)
def test_people_are_greeted_by_their_own_names(name: str) -> None:
    rendered = render(with_(name=name))
    assert f"Hello {name}," in rendered.text
    assert f"Hello {name}," in "".join(Page(rendered.html).words)


@pytest.mark.parametrize(
    "name", ["see evil.example", "https://evil.example", "WWW.evil", "eve@evil.example", "evil.example/x", ""]
)
def test_a_name_that_could_become_a_link_is_not_repeated(name: str) -> None:
    """Signing up with a stranger's address and an advertisement as the name would send spam as us."""
    rendered = render(with_(name=name))
    assert rendered.text.startswith("Hello,\n")
    assert "evil" not in rendered.html


@each_message
def test_a_name_cannot_reverse_the_warning_that_follows(message: Message) -> None:
    assert "\u202e" not in render(with_(message, name="Ada\u202e")).text


@each_message
def test_a_name_cannot_fill_the_mail(message: Message) -> None:
    assert len(render(with_(message, name="a" * 10_000)).text) < 1_000


@each_message
@pytest.mark.parametrize("field", ["name", "app_name"])
def test_html_in_a_name_stays_text(message: Message, field: str) -> None:
    page = Page(render(with_(message, **{field: '<img src=x onerror="alert(1)">&'})).html)
    assert "img" not in [tag for tag, _ in page.tags]
    assert '<img src=x onerror="alert(1)">&' in "".join(page.words)


@each_message
def test_the_page_loads_nothing_runs_nothing_and_speaks_to_a_screen_reader(message: Message) -> None:
    document = render(message).html
    tags = Page(document).tags
    assert not {"img", "script", "link", "iframe", "form"} & {tag for tag, _ in tags}
    assert "url(" not in document
    assert ("html", {"lang": "en", "dir": "ltr"}) in tags
    assert all(attributes["role"] == "presentation" for tag, attributes in tags if tag == "table")
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags


@each_message
def test_the_mail_has_both_parts_and_asks_for_no_automatic_answer(message: Message) -> None:
    mail, rendered = received(message), render(message)
    assert mail.keys() == COMPOSED_HEADERS
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().splitlines() for part in mail.iter_parts()] == [
        rendered.text.splitlines(),
        rendered.html.splitlines(),
    ]
    assert mail["Subject"] == rendered.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["From"].addresses[0].display_name == "Athena"
    assert mail["To"].addresses[0].addr_spec == "ada@example.com"
    assert mail["Date"].datetime is not None
    assert mail["Message-ID"].endswith("@example.org>")


def test_two_mails_have_two_message_ids() -> None:
    assert compose(MESSAGE, SENDER)["Message-ID"] != compose(MESSAGE, SENDER)["Message-ID"]


@given(message=any_message, name=any_text, app_name=any_text)
@example(message=MESSAGE, name="x", app_name="Athena\r\nBcc: eve@example.net")
def test_no_name_adds_a_header(message: Message, name: str, app_name: str) -> None:
    """Header injection: a line break in a name would start a header, and "Bcc: eve" a second recipient."""
    assert received(with_(message, name=name, app_name=app_name)).keys() == COMPOSED_HEADERS


@given(to=mail_text)
@example(to="ada@example.com\r\nBcc: eve@example.net")
@example(to="ada@example.com, eve@example.net")
@example(to="ada@example.com> SIZE=1")
@example(to='"ada\r\n"@example.com')
@example(to="%@.")
@example(to="a..b@example.com")
@example(to="=@\u00e4")
@example(to="=\u00e4@example.com")
@example(to="ada@a_b.\u00e4.example")
def test_an_address_is_sent_to_as_it_means_or_refused_for_good(to: str) -> None:
    mail = received_unless_refused(with_(to=to))
    if mail is not None:
        assert mail.keys() == COMPOSED_HEADERS
        local, _, domain = to.rpartition("@")
        if local.isascii() and not domain.isascii():
            to = f"{local}@{idna.encode(domain, uts46=True).decode()}"
        # The envelope is made of this header.
        assert str(compose(with_(to=to), SENDER)["To"]) == to
        # Where an atom holds "=", Python's parser leaves the bytes that came undecoded; the bytes are right.
        came = [address.addr_spec.encode(errors="surrogateescape") for address in mail["To"].addresses]
        assert came == [to.encode()]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a@b@c",
        "a b@example.com",
        "ada@example.com\n",
        "ada@example.com,eve@x.y",
    ],
)
def test_what_is_not_one_address_is_refused_for_good(to: str) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        compose(with_(to=to), SENDER)
    assert refused.value.permanent


@pytest.mark.parametrize(
    "to", ["ada+codes@example.com", "o'brien@example.com", "zoë@bücher.example", "a.b-c@sub.example.com"]
)
def test_ordinary_and_international_addresses_are_accepted(to: str) -> None:
    assert str(received(with_(to=to))["To"]) == to
