"""Turning second factors on, as a browser without JavaScript does."""

from pathlib import Path

import httpx
import pyotp
import pytest

from athena_auth.delivery.model import MessageKind
from support.account_pages import APP_LINK, EMAIL, begin, new_account, set_up_app, signed_in
from support.person import PASSWORD, Person, sign_up
from support.texts import NUMBER, texting_world
from support.visitor import Visitor
from support.world import World

WRONG = "000000"


def now(world: World) -> int:
    return world.clock.now() // 1000


@pytest.fixture
async def enrolled(sqlite_world: World) -> Person:
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    return ada


async def test_an_app_is_set_up_with_a_password_a_code_and_one_of_the_backup_codes(
    sqlite_world: World,
) -> None:
    visitor = await new_account(sqlite_world)
    assert "Two-factor authentication is off." in visitor.text
    await visitor.follow("Turn it on")

    assert (await visitor.send("Continue", password="not my password")).status_code == 400
    assert visitor.said == "The password is wrong. Try again."
    await visitor.send("Continue", password=PASSWORD)
    uri = visitor.link(APP_LINK)
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    assert "<svg" in visitor.text
    assert f"<span>{app.secret[:4]}</span><span>{app.secret[4:8]}</span>" in visitor.text
    assert app.secret not in visitor.url
    assert (await visitor.send("Confirm", code=WRONG)).status_code == 401
    assert "The code is wrong" in visitor.said
    assert visitor.link(APP_LINK) == uri, "the same QR code is shown again"
    await visitor.send("Confirm", code=app.at(now(sqlite_world)))

    codes = visitor.codes
    assert len(codes) == 10
    assert app.secret not in visitor.text
    assert app.secret[:4] not in visitor.text
    await visitor.send("I have saved them")
    assert not any(code in visitor.text for code in codes)
    assert (await visitor.send("Check", code="aaaa-bbbb-cccc-dddd")).status_code == 400
    assert "not one of your new codes" in visitor.said
    await visitor.send("Check", code=codes[3].upper().replace("-", " "))

    assert visitor.path == "/security"
    assert "you have not used it up" in visitor.said
    assert "Two-factor authentication is on." in visitor.text
    assert "10 codes left" in visitor.text
    assert await sign_in_by_backup_code(sqlite_world, codes[3]) == "/security"


async def sign_in_by_backup_code(world: World, code: str) -> str:
    """Sign in with another browser, and return the path of the page that it leads to."""
    visitor = Visitor(await world.visitor())
    await visitor.open("/sign-in")
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    await visitor.follow("Use a backup code")
    await visitor.send("Confirm", code=code)
    return visitor.path


async def test_no_form_of_the_past_shows_a_secret_again(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    app = await begin(visitor)
    confirm = visitor.form("Confirm")
    code = app.at(now(sqlite_world))
    await visitor.send("Confirm", code=code)
    codes, saved = visitor.codes, visitor.form("I have saved them")

    for again in (code, WRONG):
        await visitor.send_again(confirm, code=again)
        assert visitor.path == "/security"
        assert "only once" in visitor.said
    await visitor.open("/security/authenticator/confirm")
    assert app.secret not in visitor.text
    await visitor.send_again(saved)
    assert not any(each in visitor.text for each in codes)
    sqlite_world.clock.advance(16 * 60)
    await visitor.send_again(saved)
    assert (visitor.path, visitor.codes) == ("/step-up", [])


async def test_a_form_that_is_sent_twice_at_once_shows_the_codes(sqlite_world: World) -> None:
    """A browser shows the answer to the second request only; the first has replaced its cookie."""
    visitor = await new_account(sqlite_world)
    app = await begin(visitor)
    confirm, cookies = visitor.form("Confirm"), httpx.Cookies(visitor.client.cookies)
    await visitor.send("Confirm", code=app.at(now(sqlite_world)))
    codes = visitor.codes

    visitor.client.cookies = cookies
    await visitor.send_again(confirm, code=app.at(now(sqlite_world)))

    assert visitor.codes == codes


async def test_of_two_tabs_the_later_enrolment_counts(sqlite_world: World) -> None:
    first = await new_account(sqlite_world)
    second = Visitor(first.client)
    app, newer = await begin(first), await begin(second)

    await first.send("Confirm", code=newer.at(now(sqlite_world)))
    assert (first.path, first.codes) == ("/security/authenticator", [])
    assert "another tab" in first.said
    await first.open("/security")
    assert "Two-factor authentication is off." in first.text
    await second.send("Confirm", code=app.at(now(sqlite_world)))
    assert "The code is wrong" in second.said
    await second.send("Confirm", code=newer.at(now(sqlite_world)))
    assert len(second.codes) == 10


async def test_an_app_is_replaced_by_a_code_of_the_new_one(enrolled: Person) -> None:
    visitor = await signed_in(enrolled)
    await visitor.open("/security")
    assert "1 authenticator app" in visitor.text
    await visitor.open("/security/authenticators")
    await visitor.follow("Replace your apps by a new one")
    assert "keeps working until the new one is confirmed" in visitor.text
    app = await begin(visitor)

    await visitor.send("Confirm", code=enrolled.code())
    assert "from the app that you use already" in visitor.said
    assert visitor.link(APP_LINK)
    await visitor.send("Confirm", code=app.at(now(enrolled.world)))

    assert len(visitor.codes) == 10
    enrolled.world.clock.advance(60)
    challenge = await enrolled.challenge()
    old = await enrolled.answer(challenge, "verify-totp", code=enrolled.code())
    assert old.status_code == 401
    new = await enrolled.answer(challenge, "verify-totp", code=app.at(now(enrolled.world)))
    assert new.status_code == 200


async def test_a_phone_whose_clock_is_off_is_told_by_how_much(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    app = await begin(visitor)

    await visitor.send("Confirm", code=app.at(now(sqlite_world) - 300))

    assert "clock seems to be off by about 5 minutes (it is behind)" in visitor.said
    assert visitor.link(APP_LINK)


async def test_too_many_wrong_codes_are_counted_down(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    app = await begin(visitor)

    for _ in range(11):
        await visitor.send("Confirm", code=WRONG)
    shown = await visitor.send("Confirm", code=WRONG)

    assert shown.status_code == 429
    seconds = int(shown.headers["retry-after"])
    assert f'data-countdown="{seconds}"' in visitor.text
    sqlite_world.clock.advance(seconds)
    await visitor.send("Confirm", code=app.at(now(sqlite_world)))
    assert len(visitor.codes) == 10


async def test_an_enrolment_that_took_too_long_begins_again(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    app = await begin(visitor)
    sqlite_world.clock.advance(15 * 60)

    await visitor.send("Confirm", code=app.at(now(sqlite_world)))

    assert visitor.path == "/security/authenticator"
    assert "took too long" in visitor.said
    await visitor.open("/security")
    assert "Two-factor authentication is off." in visitor.text


async def test_what_one_session_has_begun_another_cannot_open(sqlite_world: World) -> None:
    ada = await sign_up(sqlite_world)
    here, there = await signed_in(ada), await signed_in(ada)
    app = await begin(here)

    await there.send_again(here.form("Confirm"), code=app.at(now(sqlite_world)))

    assert (there.path, there.codes) == ("/security/authenticator", [])


@pytest.mark.parametrize(
    ("button", "fields"), [("Continue", {"password": PASSWORD}), ("Confirm", {"code": WRONG})]
)
async def test_a_form_of_a_session_that_has_ended_leads_to_the_sign_in_and_back(
    sqlite_world: World, button: str, fields: dict[str, str]
) -> None:
    ada = await sign_up(sqlite_world)
    visitor = await signed_in(ada)
    await visitor.open("/security/authenticator")
    if button == "Confirm":
        await begin(visitor)
    await ada.post("/revoke-sessions")

    await visitor.send(button, **fields)

    assert visitor.path == "/sign-in"
    assert "no longer signed in" in visitor.said
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    assert visitor.path == "/security/authenticator"


async def test_codes_by_email_need_a_code_unless_the_address_is_verified(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    await visitor.open("/security/otp")
    await visitor.follow("Turn on codes by email")

    await visitor.send("Continue", password=PASSWORD)
    first = await sqlite_world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP)
    await visitor.send("Send another code")
    second = await sqlite_world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP, nth=2)
    assert first.code is not None
    assert second.code is not None
    if first.code != second.code:
        await visitor.send("Confirm", code=first.code)
        assert "The code is wrong" in visitor.said
    await visitor.send("Confirm", code=second.code)

    assert len(visitor.codes) == 10
    await visitor.open("/security/otp")
    assert f"by email to <strong>{EMAIL}</strong>" in visitor.text
    assert "Turn on codes by email" not in visitor.text


async def test_codes_by_email_to_a_verified_address_are_on_at_once(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    link = await sqlite_world.mailbox.message_for(EMAIL, MessageKind.EMAIL_VERIFICATION)
    assert link.url is not None
    await visitor.open(link.url)

    await visitor.open("/security/otp?by=email")
    await visitor.send("Continue", password=PASSWORD)

    assert len(visitor.codes) == 10


async def test_codes_by_text_message_confirm_the_number(sqlite_url: str, tmp_path: Path) -> None:
    async with texting_world(sqlite_url, tmp_path) as (world, phones):
        visitor = await new_account(world)
        await visitor.open("/security/otp")
        await visitor.follow("Turn on codes by text message")

        for wrong in ("", "0151 12345678", "+49 abc", "+1"):
            shown = await visitor.send("Continue", number=wrong, password=PASSWORD)
            assert shown.status_code == 400
            assert "country code" in visitor.said
        spaced = f"00{NUMBER[1:3]} ({NUMBER[3:6]}) {NUMBER[6:]}"
        await visitor.send("Continue", number=spaced, password="not my password")
        assert "The password is wrong" in visitor.said
        assert visitor.fields["number"] == spaced
        await visitor.send("Continue", number=spaced, password=PASSWORD)
        assert NUMBER in visitor.text
        await visitor.send("Confirm", code=await phones.code_on(NUMBER))

        assert len(visitor.codes) == 10
        await visitor.open("/security")
        assert "text messages to +49" in visitor.text
        assert NUMBER not in visitor.text, "the overview masks it"


async def test_an_enrolment_that_another_page_asked_for_leads_back_there(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    await visitor.open("/step-up?level=2&next=/security/events")
    assert visitor.path == "/security/authenticator"
    assert "Turn it on first" in visitor.said
    await visitor.send("Continue", password=PASSWORD)
    app = pyotp.parse_uri(visitor.link(APP_LINK))
    assert isinstance(app, pyotp.TOTP)
    await visitor.send("Confirm", code=app.at(now(sqlite_world)))
    codes = visitor.codes

    await visitor.send("I have saved them")
    await visitor.send("Check", code=codes[0])

    assert visitor.path == "/security/events"


async def test_a_new_set_of_codes_replaces_the_old_one(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)
    _, codes = await set_up_app(sqlite_world, visitor)
    saved = visitor.form("I have saved them")
    await visitor.open("/security/backup-codes")
    assert "You have 10 unused backup codes." in visitor.text

    assert (await visitor.send("Make new backup codes", password="not my password")).status_code == 400
    assert "The password is wrong" in visitor.said
    await visitor.send("Make new backup codes", password=PASSWORD)

    assert len(set(visitor.codes) | set(codes)) == 20
    await visitor.send_again(saved)
    assert visitor.path == "/security/backup-codes", "those are no longer the account's"
    assert "shown only once" in visitor.said


async def test_an_account_without_a_second_factor_has_no_backup_codes(sqlite_world: World) -> None:
    visitor = await new_account(sqlite_world)

    await visitor.open("/security/backup-codes")

    assert visitor.path == "/security/authenticator"
