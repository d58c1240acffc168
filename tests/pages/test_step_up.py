"""Step-up on the pages: a code is asked for again, and the user goes on with what they were doing."""

from urllib.parse import parse_qs, urlsplit

import pytest

from athena_auth.delivery.model import MessageKind
from support.account_pages import EMAIL, new_account, set_up_app, signed_in
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import World, world_over

NEEDS_A_FRESH_FACTOR = (
    "/security/authenticator",
    "/security/backup-codes",
    "/security/otp",
    "/security/passkeys",
    "/security/passkeys/add",
    "/security/sessions",
    "/security/sessions/all",
    "/security/password",
    "/security/disable",
    "/security/delete",
)


@pytest.fixture
async def ada(sqlite_world: World) -> Person:
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    return ada


@pytest.fixture
async def visitor(ada: Person) -> Visitor:
    """Return a browser whose second factor was verified eleven minutes ago."""
    visitor = await signed_in(ada)
    ada.world.clock.advance(660)
    return visitor


@pytest.mark.parametrize("path", NEEDS_A_FRESH_FACTOR)
async def test_a_sensitive_page_asks_for_a_code_first_and_goes_on(
    ada: Person, visitor: Visitor, path: str
) -> None:
    await visitor.open(path)
    assert visitor.path == "/step-up"

    assert (await visitor.send("Confirm", code="000000")).status_code == 401
    assert "The code is wrong" in visitor.said
    await visitor.send("Confirm", code=ada.code())

    assert visitor.path == path


@pytest.mark.parametrize("path", ["/security", "/security/devices", "/security/events"])
async def test_what_changes_no_credential_needs_no_code(visitor: Visitor, path: str) -> None:
    await visitor.open(path)

    assert visitor.path == path


async def test_the_way_back_has_the_pages_own_query_but_not_its_notice(visitor: Visitor) -> None:
    await visitor.open("/security/otp?by=text&notice=code-sent")

    assert visitor.path == "/step-up"
    assert parse_qs(urlsplit(visitor.url).query)["next"] == ["/security/otp?by=text"]


async def test_a_form_that_was_open_for_too_long_asks_for_a_code_and_comes_back(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/backup-codes")
    ada.world.clock.advance(660)

    await visitor.send("Make new backup codes", password=PASSWORD)
    assert visitor.path == "/step-up"
    await visitor.send("Confirm", code=ada.code())

    assert (visitor.path, visitor.codes) == ("/security/backup-codes", [])
    await visitor.send("Make new backup codes", password=PASSWORD)
    assert len(visitor.codes) == 10


async def test_an_account_without_a_second_factor_is_asked_for_its_password_only(sqlite_world: World) -> None:
    visitor = await signed_in(await sign_up(sqlite_world))
    sqlite_world.clock.advance(660)

    await visitor.open("/security/password")

    assert visitor.path == "/security/password"


async def test_a_code_that_was_sent_will_do(ada: Person, visitor: Visitor) -> None:
    await visitor.open("/security/sessions")
    await visitor.follow("Get a code by email")

    await visitor.send("Send the code")
    assert visitor.said == "We have sent you a code."
    sent = await ada.world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP)
    await visitor.send("Confirm", code=sent.code)

    assert visitor.path == "/security/sessions"


async def test_the_last_backup_code_leads_to_new_ones_and_then_on(ada: Person) -> None:
    for code in ada.backup_codes[:8]:
        challenge = await ada.challenge()
        assert (await ada.answer(challenge, "verify-backup-code", code=code)).status_code == 200
    signing_in = Visitor(await ada.world.visitor())
    await signing_in.open("/sign-in?next=/security/events")
    await signing_in.send("Sign in", email=EMAIL, password=PASSWORD)
    await signing_in.follow("Use a backup code")
    await signing_in.send("Confirm", code=ada.backup_codes[8])
    assert signing_in.path == "/security/events", "there is one left"
    ada.world.clock.advance(660)

    await signing_in.open("/security/sessions")
    await signing_in.follow("Use a backup code")
    await signing_in.send("Confirm", code=ada.backup_codes[9])

    assert signing_in.path == "/security/backup-codes"
    assert "That was your last backup code" in signing_in.said
    await signing_in.follow("Continue without new codes")
    assert signing_in.path == "/security/sessions"
    await signing_in.open("/security")
    assert "You have no backup codes left" in signing_in.text


async def test_the_last_backup_code_of_a_sign_in_leads_to_new_ones(ada: Person) -> None:
    for code in ada.backup_codes[:9]:
        challenge = await ada.challenge()
        assert (await ada.answer(challenge, "verify-backup-code", code=code)).status_code == 200
    signing_in = Visitor(await ada.world.visitor())
    await signing_in.open("/sign-in")
    await signing_in.send("Sign in", email=EMAIL, password=PASSWORD)
    await signing_in.follow("Use a backup code")

    await signing_in.send("Confirm", code=ada.backup_codes[9])

    assert signing_in.path == "/security/backup-codes"
    assert "That was your last backup code" in signing_in.said


async def test_too_many_wrong_codes_are_counted_down(ada: Person, visitor: Visitor) -> None:
    await visitor.open("/security/sessions")

    for _ in range(11):
        await visitor.send("Confirm", code="000000")
    shown = await visitor.send("Confirm", code="000000")

    assert shown.status_code == 429
    assert f'data-countdown="{shown.headers["retry-after"]}"' in visitor.text
    await visitor.follow("Use a backup code")
    await visitor.send("Confirm", code=ada.backup_codes[0])
    assert visitor.path == "/security/sessions", "a backup code works nevertheless"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("level=2&fresh=3600", "/security/events"),
        ("level=2&fresh=600", "/step-up"),
        ("level=2", "/step-up"),
        ("", "/step-up"),
        ("level=7&fresh=-1", "/step-up"),
        ("level=1", "/step-up"),
        ("level=1&fresh=3600", "/security/events"),
        ("level=2&fresh=999999999", "/security/events"),
    ],
)
async def test_the_requirement_is_in_the_query(visitor: Visitor, query: str, path: str) -> None:
    await visitor.open(f"/step-up?{query}&next=/security/events")

    assert visitor.path == path


async def test_the_requirement_is_carried_from_form_to_form(ada: Person, visitor: Visitor) -> None:
    await visitor.open("/step-up?level=2&fresh=60&next=/security/events")
    await visitor.send("Confirm", code="000000")
    await visitor.follow("Get a code by email")
    await visitor.send("Send the code")

    assert (
        visitor.form("Confirm").fields.items()
        >= {"level": "2", "fresh": "60", "next": "/security/events"}.items()
    )


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:1"])
async def test_a_code_leads_to_no_foreign_page(ada: Person, visitor: Visitor, target: str) -> None:
    await visitor.open(f"/step-up?next={target}")

    await visitor.send("Confirm", code=ada.code())

    assert visitor.path == "/security"


async def test_without_a_second_factor_a_recent_sign_in_is_asked_for(sqlite_world: World) -> None:
    visitor = await signed_in(await sign_up(sqlite_world))
    sqlite_world.clock.advance(660)
    await visitor.open("/step-up?level=1&fresh=600&next=/security/events")

    await visitor.send("Sign in again")
    assert visitor.path == "/sign-in"
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)

    assert visitor.path == "/security/events"


async def test_without_a_session_the_sign_in_comes_first(sqlite_world: World) -> None:
    await sign_up(sqlite_world)
    visitor = Visitor(await sqlite_world.visitor())

    await visitor.open("/step-up?next=/security/events")
    assert visitor.path == "/sign-in"
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)

    assert visitor.path == "/security/authenticator"


async def test_the_sign_in_leads_back_with_the_requirement(sqlite_world: World) -> None:
    """Without it, level two was required on the way back, and an account without a second factor had to turn one on."""
    await sign_up(sqlite_world)
    visitor = Visitor(await sqlite_world.visitor())

    await visitor.open("/step-up?level=1&fresh=600&next=/security/events")
    assert visitor.path == "/sign-in"
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)

    assert visitor.path == "/security/events"


async def test_a_form_whose_session_has_ended_leads_back_with_the_requirement(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages_path="/account") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        visitor = Visitor(await world.visitor())
        await visitor.open("/account/sign-in")
        await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
        await visitor.send("Confirm", code=ada.code())
        world.clock.advance(660)
        await visitor.open("/account/step-up?level=2&fresh=60&next=/account/security/events")
        visitor.client.cookies.clear()

        await visitor.send("Confirm", code=ada.code())

        assert visitor.path == "/account/sign-in"
        [back] = parse_qs(urlsplit(visitor.url).query)["next"]
        assert back == "/account/step-up?level=2&fresh=60&next=%2Faccount%2Fsecurity%2Fevents"


async def test_a_sign_in_that_was_begun_and_has_ended_is_not_in_the_way(
    ada: Person, visitor: Visitor
) -> None:
    """Its challenge takes precedence over the session, and a code would be refused for it."""
    begun = await ada.world.browser()
    answer = await begun.post("/sign-in/email", json={"email": EMAIL, "password": PASSWORD})
    assert answer.json()["twoFactorRedirect"] is True
    visitor.client.cookies.update(begun.cookies)
    ada.world.clock.advance(3600)
    await visitor.open("/security/sessions")

    await visitor.send("Confirm", code=ada.code())

    assert visitor.path == "/security/sessions"


async def test_a_pending_sign_in_to_another_account_does_not_get_the_code(
    ada: Person, visitor: Visitor
) -> None:
    """The code was verified for that account, and a wrong one counted against it."""
    grace = await sign_up(ada.world, "grace@example.com")
    await grace.turn_on_totp()
    begun = await ada.world.browser()
    await begun.post("/sign-in/email", json={"email": grace.email, "password": PASSWORD})
    visitor.client.cookies.update(begun.cookies)
    await visitor.open("/security/sessions")

    await visitor.send("Confirm", code=grace.code())
    assert visitor.path == "/step-up"
    ada.world.clock.advance(60)
    await visitor.send("Confirm", code=ada.code())

    assert visitor.path == "/security/sessions"


async def test_with_step_up_by_password_no_code_is_asked_for_where_that_is_enough(sqlite_url: str) -> None:
    async with world_over(sqlite_url, step_up="password") as world:
        visitor = await new_account(world)
        await set_up_app(world, visitor)
        world.clock.advance(660)

        await visitor.open("/security/backup-codes")
        assert visitor.path == "/security/backup-codes"
        await visitor.send("Make new backup codes", password=PASSWORD)
        assert len(visitor.codes) == 10
        await visitor.open("/security/delete")
        assert visitor.path == "/step-up"
