"""The language of the pages: of the browser, chosen on a page, or of the account."""

from pathlib import Path

import pytest

from athena_auth.delivery.model import MessageKind
from support.account_pages import EMAIL, new_account, signed_in
from support.catalogues import from_right_to_left, write_complete_catalogue
from support.person import PASSWORD, sign_up
from support.visitor import Visitor
from support.world import World, world_over

NAMES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}
SIGN_IN = {"en": "Sign in", "de": "Anmelden", "es": "Iniciar sesión", "fr": "Se connecter"}
OVERVIEW = {"en": "Security", "de": "Sicherheit", "es": "Seguridad", "fr": "Sécurité"}


async def visiting(world: World, accepted: str = "en") -> Visitor:
    return Visitor(await world.visitor(**{"accept-language": accepted}))


async def choose(visitor: Visitor, code: str) -> None:
    await visitor.send(NAMES[code], language=code)


def in_brackets(sentence: str) -> str:
    return f"[{sentence}]"


def language_of(visitor: Visitor) -> str:
    return visitor.text.partition('<html lang="')[2].partition('"')[0]


@pytest.mark.parametrize("code", NAMES)
async def test_a_page_is_in_the_language_of_the_browser(sqlite_world: World, code: str) -> None:
    visitor = await visiting(sqlite_world, f"{code}-XX, nl;q=0.5")

    page = await visitor.open("/sign-in")

    assert f'<html lang="{code}" dir="ltr">' in visitor.text
    assert f"<h1>{SIGN_IN[code]}</h1>" in visitor.text
    assert page.headers["vary"] == "accept-language, cookie"


async def test_refusals_notices_and_counts_are_in_the_language_of_the_page(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    visitor = await visiting(sqlite_world, "de")

    await visitor.open("/sign-in?notice=signed-out")
    assert visitor.said == "Sie haben sich abgemeldet."
    await visitor.send("Anmelden", email=EMAIL, password="not the password")
    assert "E-Mail-Adresse" in visitor.said
    assert "password" not in visitor.said
    await visitor.send("Anmelden", email=EMAIL, password=PASSWORD)
    assert "Diesem Browser 30 Tage lang vertrauen" in visitor.text
    await visitor.send("Bestätigen", code=ada.code())

    assert "Noch 10 Codes" in visitor.text


async def test_the_number_decides_the_words(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trust_ttl=86_400) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        visitor = await visiting(world, "de")
        await visitor.open("/sign-in")

        await visitor.send("Anmelden", email=EMAIL, password=PASSWORD)

    assert "Diesem Browser 1 Tag lang vertrauen" in visitor.text


async def test_a_problem_is_in_the_language_of_the_browser(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world, "fr")

    await visitor.open("/nowhere")

    assert "<h1>Page introuvable</h1>" in visitor.text


async def test_a_choice_stays_in_the_browser_and_leads_back_to_the_page(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)
    await visitor.open("/sign-in?next=%2Fsecurity%2Fevents&notice=signed-out")

    await choose(visitor, "es")

    assert visitor.url.endswith("/sign-in?next=%2Fsecurity%2Fevents&notice=signed-out")
    assert visitor.said == "Ha cerrado sesión."
    await visitor.open("/forgot-password")
    assert language_of(visitor) == "es"
    await choose(visitor, "en")
    assert language_of(visitor) == "en"


async def test_an_account_gets_the_language_that_was_chosen_before_the_sign_up(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world, "fr")
    await visitor.open("/sign-up")
    await choose(visitor, "de")

    await visitor.send("Konto erstellen", name="Ada", email=EMAIL, password=PASSWORD)

    mail = await sqlite_world.mailbox.message_for(EMAIL, MessageKind.EMAIL_VERIFICATION)
    assert mail.language == "de"


async def test_the_language_of_the_account_takes_precedence(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    visitor = await signed_in(ada)
    visitor.client.headers["accept-language"] = "fr"
    await visitor.open("/security")
    assert language_of(visitor) == "fr", "the account has none yet"

    await ada.post("/update-user", language="de")
    await visitor.open("/security")

    assert language_of(visitor) == "de"
    await visitor.send("Abmelden")
    assert language_of(visitor) == "fr"


async def test_signed_in_users_choose_the_language_of_their_account(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)

    await choose(visitor, "fr")

    assert f"<h1>{OVERVIEW['fr']}</h1>" in visitor.text
    elsewhere = await visiting(sqlite_world, "de")
    await elsewhere.open("/sign-in")
    await elsewhere.send("Anmelden", email=EMAIL, password=PASSWORD)
    assert f"<h1>{OVERVIEW['fr']}</h1>" in elsewhere.text


async def test_a_session_that_has_ended_does_not_keep_a_visitor_from_choosing(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    visitor = await signed_in(ada)
    await ada.post("/revoke-sessions")

    await choose(visitor, "de")

    assert visitor.path == "/sign-in"
    assert language_of(visitor) == "de"


async def test_a_language_that_is_no_longer_offered_gives_way_to_those_of_the_browser(
    sqlite_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    async with world_over(
        sqlite_url, texts=str(write_complete_catalogue(folder, "nl", in_brackets))
    ) as world:
        visitor = await visiting(world, "es")
        await visitor.open("/sign-in")
        await visitor.send("Nederlands", language="nl")
        assert language_of(visitor) == "nl"
        kept = visitor.client.cookies
    async with world_over(sqlite_url) as world:
        visitor = await visiting(world, "es")
        visitor.client.cookies = kept

        await visitor.open("/sign-in")

    assert language_of(visitor) == "es"


@pytest.mark.parametrize("code", ["nl", "", "de; Path=/x", "../de"])
async def test_only_offered_languages_can_be_chosen(sqlite_world: World, code: str) -> None:
    visitor = await visiting(sqlite_world, "fr")
    await visitor.open("/sign-in")

    await visitor.send("Deutsch", language=code)

    assert language_of(visitor) == "fr"
    assert not visitor.client.cookies


async def test_a_choice_does_not_lead_to_another_site(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)
    await visitor.open("/sign-in")

    await visitor.send("Deutsch", language="de", next="https://evil.example/")

    assert visitor.url == "http://localhost:3001/sign-in"


async def test_another_site_cannot_choose(sqlite_world: World) -> None:
    client = await sqlite_world.visitor(origin="https://evil.example")

    answer = await client.post("/api/auth/language", data={"language": "de"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_the_answer_to_a_form_offers_no_choice_because_it_could_not_be_shown_again(
    sqlite_world: World,
) -> None:
    visitor = await new_account(sqlite_world)
    await visitor.open("/security/authenticator")
    assert "Deutsch" in visitor.text

    await visitor.send("Continue", password=PASSWORD)

    assert "Deutsch" not in visitor.text


async def test_the_pages_of_mail_links_offer_the_choice_even_if_the_others_are_off(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages="off") as world:
        visitor = await visiting(world)
        await visitor.open("/api/auth/reset-password?error=INVALID_TOKEN")

        await choose(visitor, "de")

    assert visitor.path == "/api/auth/reset-password"
    assert "<h1>Dieser Link funktioniert nicht</h1>" in visitor.text


async def test_the_token_of_a_link_is_not_in_the_form(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)

    await visitor.open("/api/auth/verify-email?callbackURL=https%3A%2F%2Fevil.example&token=a-secret")

    assert "Deutsch" in visitor.text
    assert "a-secret" not in visitor.text


async def test_a_language_from_right_to_left_sets_the_direction(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    texts = write_complete_catalogue(folder, "ar", from_right_to_left)
    async with world_over(sqlite_url, texts=str(texts)) as world:
        visitor = await visiting(world, "ar")

        await visitor.open("/sign-in")

    assert '<html lang="ar" dir="rtl">' in visitor.text
    assert (
        '<button name="language" value="ar" lang="ar" dir="rtl" aria-current="true">العربية<' in visitor.text
    )
    assert '<button name="language" value="de" lang="de" dir="ltr">Deutsch<' in visitor.text
