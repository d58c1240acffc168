"""What account owners see and change of their account, as a browser without JavaScript does."""

import re

import pytest

from athena_auth.audit.model import EventName, Stage, Verdict, verification_event
from athena_auth.delivery.model import MessageKind
from athena_auth.mfa.model import FactorName
from athena_auth.pages.event_texts import event_text
from support.account_pages import EMAIL, new_account, set_up_app, signed_in
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import World, world_over

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
PAGES = (
    "/security",
    "/security/authenticator",
    "/security/authenticators",
    "/security/authenticators/add",
    "/security/backup-codes",
    "/security/otp",
    "/security/devices",
    "/security/sessions",
    "/security/sessions/all",
    "/security/events",
    "/security/password",
    "/security/email",
    "/security/disable",
    "/security/delete",
)


@pytest.fixture
async def ada(sqlite_world: World) -> Person:
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    return ada


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_needs_a_session_and_is_opened_after_the_sign_in(
    sqlite_world: World, path: str
) -> None:
    visitor = await new_account(sqlite_world)
    await set_up_app(sqlite_world, visitor)
    await visitor.send("Sign out")
    await visitor.open(path)
    assert (visitor.path, visitor.said) == ("/sign-in", "")
    assert visitor.fields["next"] == path


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_strict_and_without_code_in_it(ada: Person, path: str) -> None:
    visitor = await signed_in(ada)
    shown = await visitor.open(path)

    assert (visitor.path, shown.status_code) == (path, 200)
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    assert (
        re.findall(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=\")|https?://", shown.text) == []
    )


async def test_a_page_says_that_the_session_was_ended_elsewhere(ada: Person) -> None:
    visitor = await signed_in(ada)
    await ada.step_up()
    await ada.post("/revoke-other-sessions")

    await visitor.open("/security/devices")

    assert visitor.path == "/sign-in"
    assert "no longer signed in" in visitor.said


async def test_the_address_is_verified_from_the_overview(ada: Person) -> None:
    visitor = await signed_in(ada)

    await visitor.send("Send a link that verifies the address")

    assert (visitor.path, visitor.said) == ("/check-mail", "We have sent you a new link. Check your email.")
    sent = await ada.world.mailbox.message_for(EMAIL, MessageKind.EMAIL_VERIFICATION)
    await visitor.open(sent.url or "")
    await visitor.open("/security")
    assert "Send a link" not in visitor.text


async def test_trusted_browsers_are_listed_and_removed(ada: Person) -> None:
    visitor = Visitor(await ada.world.visitor(**{"user-agent": FIREFOX}))
    await visitor.open("/sign-in")
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    await visitor.send("Confirm", code=ada.code(), trust="true")
    await visitor.open("/security")
    assert "1 browser needs no code" in visitor.text

    await visitor.open("/security/devices")
    assert "Firefox on Linux" in visitor.text
    assert "This browser" in visitor.text
    await visitor.send("Remove", id="0123456789abcdef0123456789abcdef")
    assert "Firefox on Linux" in visitor.text, "that was another account's, or none"
    await visitor.send("Remove")

    assert visitor.said == "The browser is no longer trusted."
    assert "Firefox on Linux" not in visitor.text
    await visitor.send("Sign out")
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    assert visitor.path == "/second-step"


async def test_all_trusted_browsers_are_removed_at_once(ada: Person) -> None:
    for _ in range(2):
        challenge = await ada.challenge()
        answered = await ada.answer(challenge, "verify-totp", code=ada.code(), trustDevice=True)
        assert answered.status_code == 200
        ada.world.clock.advance(60)
    visitor = await signed_in(ada)
    await visitor.open("/security/devices")
    assert visitor.text.count(">Remove</button>") == 2

    await visitor.send("Remove all")

    assert visitor.said == "No browser is trusted any longer."
    assert ">Remove</button>" not in visitor.text


async def test_another_session_is_ended_by_its_button(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/sessions")
    own, other = re.findall(r'name="id" value="(\w+)"', visitor.text)
    assert other == (await ada.session())["session"]["id"], "this browser is the first in the list"

    for _ in range(2):
        answer = await visitor.client.post("/security/sessions", data={"id": other})
        assert answer.headers["location"] == "/security/sessions?notice=session-revoked"

    assert await ada.session() is None
    await visitor.open("/security/sessions")
    assert re.findall(r'name="id" value="(\w+)"', visitor.text) == [own]


async def test_ones_own_session_is_ended_from_the_list(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/sessions")
    own = re.findall(r'name="id" value="(\w+)"', visitor.text)[0]

    await visitor.client.post("/security/sessions", data={"id": own})

    assert (await visitor.open("/security")).url.path == "/sign-in"


@pytest.mark.parametrize("keeps", [True, False])
async def test_signing_out_everywhere_keeps_this_browser_on_request(ada: Person, keeps: bool) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/sessions")
    await visitor.follow("Sign out everywhere")

    await visitor.send("Sign out everywhere", keep="true" if keeps else None)

    assert await ada.session() is None
    assert visitor.path == ("/security/sessions" if keeps else "/sign-in")
    assert visitor.said == ("All other sessions were ended." if keeps else "You are signed out everywhere.")


async def test_the_recent_events_are_told_in_words_and_only_ones_own(ada: Person) -> None:
    eve = await sign_up(ada.world, "eve@example.com")
    await eve.post("/two-factor/enable", password="wrong")
    visitor = await signed_in(ada)
    await visitor.client.get("/security", headers={"user-agent": FIREFOX})

    await visitor.open("/security/events")

    told = re.findall(r"<strong>(.*)</strong>", visitor.text)
    assert told == [
        "A new browser signed in",
        "Signed in with a code of the authenticator app",
        "The password was correct; a second step was asked for",
        *told[3:-1],
        "The account was created",
    ]
    assert "A second factor was turned on" in told
    assert "A wrong password was entered for a change" not in told
    assert "127.0.0.1" in visitor.text


async def test_no_more_than_fifty_events_are_shown(ada: Person) -> None:
    for _ in range(60):
        await ada.post("/two-factor/enable", password=PASSWORD, method="totp")
    visitor = await signed_in(ada)

    await visitor.open("/security/events")

    assert visitor.text.count("<time ") == 50


def test_every_event_has_words() -> None:
    known = [name.value for name in EventName]
    verifications = [
        verification_event(stage, factor, verdict)
        for stage in Stage
        for factor in (*FactorName, "a-hosts-factor")
        for verdict in Verdict
    ]

    for name in (*known, *verifications):
        assert str(event_text(name)) != name
        assert ":" not in str(event_text(name)).replace("codes: codes", "")
    assert event_text("of:a:later-version") == "of:a:later-version"


@pytest.mark.parametrize("fallback", ["on", "off"])
async def test_how_to_turn_codes_by_email_off_is_said_only_where_it_works(
    sqlite_url: str, fallback: str
) -> None:
    async with world_over(sqlite_url, otp_fallback=fallback) as world:
        visitor = await new_account(world)
        assert 'aria-label="Set up: Codes by email"' in visitor.text
        await visitor.open("/security/otp?by=email")
        await visitor.send("Continue", password=PASSWORD)
        mail = await world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP)
        await visitor.send("Confirm", code=mail.code)

        await visitor.open("/security")
        assert 'aria-label="Show: Codes by email"' in visitor.text
        await visitor.open("/security/otp")
        assert "We can send you a code by email" in visitor.text
        assert ("To turn them off" in visitor.text) is (fallback == "off")


async def test_the_password_is_changed(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/password")

    await visitor.send("Change the password", password="wrong", new_password="another good one")
    assert "The password is wrong" in visitor.said
    await visitor.send("Change the password", password=PASSWORD, new_password="short")
    assert "too short" in visitor.said
    assert 'id="new_password" name="new_password" type="password"' in visitor.text
    assert "short" not in visitor.form("Change the password").fields.values()
    await visitor.send("Change the password", password=PASSWORD, new_password="another good one")

    assert (visitor.path, visitor.said) == ("/security", "Your password was changed.")
    assert await ada.session() is None, "other sessions have ended"
    signing_in = Visitor(await ada.world.visitor())
    await signing_in.open("/sign-in")
    await signing_in.send("Sign in", email=EMAIL, password="another good one")
    assert signing_in.path == "/second-step"


async def test_the_password_is_changed_and_other_sessions_stay_if_that_is_wanted(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/password")
    fields = {"password": PASSWORD, "new_password": "another good one"}

    await visitor.send("Change the password", **fields, others=None)

    assert (await ada.session())["user"]["email"] == EMAIL


async def test_two_factor_authentication_is_turned_off(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/disable")

    await visitor.send("Turn it off", password="wrong")
    assert "The password is wrong" in visitor.said
    await visitor.send("Turn it off", password=PASSWORD)

    assert (visitor.path, visitor.said) == ("/security", "Two-factor authentication is off.")
    assert "Two-factor authentication is off." in visitor.text
    await visitor.open("/security/disable")
    assert visitor.path == "/security", "it is off already"


async def test_the_account_is_deleted(ada: Person) -> None:
    visitor = await signed_in(ada)
    await visitor.open("/security/delete")

    await visitor.send("Delete the account permanently", password="wrong")
    assert "The password is wrong" in visitor.said
    await visitor.send("Delete the account permanently", password=PASSWORD)

    assert (visitor.path, visitor.said) == ("/sign-in", "Your account was deleted.")
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    assert "wrong" in visitor.said
