"""I5: a change of credentials revokes everything that rests on the old ones."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

OLD_SECRET = "1:the-first-secret-of-more-than-thirty-two-bytes"
BOTH_SECRETS = f"2:the-second-secret-of-more-than-32-bytes,{OLD_SECRET}"
NEW_PASSWORD = "a wholly different password"


async def change_password(ada: Person) -> None:
    answer = await ada.change_password(NEW_PASSWORD)
    assert answer.status_code == 200, answer.text


async def replace_totp(ada: Person) -> None:
    await ada.enable()
    answer = await ada.post("/two-factor/verify-totp", code=ada.code())
    assert answer.status_code == 200, answer.text


async def add_mail(ada: Person) -> None:
    await ada.enable(method="otp")
    code = await ada.world.mailbox.code_for(ada.email)
    answer = await ada.post("/two-factor/verify-otp", code=code)
    assert answer.status_code == 200, answer.text


async def disable_and_enable(ada: Person) -> None:
    await ada.post("/two-factor/disable", password=PASSWORD)
    await ada.turn_on_totp()


Event = Callable[[Person], Awaitable[None]]
EVENTS = [change_password, replace_totp, add_mail, disable_and_enable]


async def trusted_browser(world: World, ada: Person) -> httpx.AsyncClient:
    browser = await world.browser()
    await ada.sign_in(browser)
    body = {"code": ada.backup_codes.pop(), "trustDevice": True}
    assert (await browser.post("/two-factor/verify-backup-code", json=body)).status_code == 200
    return browser


@pytest.mark.parametrize("event", EVENTS)
async def test_trusted_devices_are_forgotten(world: World, ada: Person, event: Event) -> None:
    """vaultwarden PR 7682 and four peers: a device stayed trusted for 30 days through every change."""
    await ada.turn_on_totp()
    browser = await trusted_browser(world, ada)

    await event(ada)

    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True


@pytest.mark.parametrize("event", EVENTS)
async def test_sign_ins_under_way_end(world: World, ada: Person, event: Event) -> None:
    """CVE-2026-62232: a secret was changed while a challenge waited for the old one."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    code = await world.mailbox.code_for(ada.email)
    world.mailbox.messages.clear()

    await event(ada)

    answer = await ada.answer(challenge, "verify-otp", code=code)
    assert answer.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


@pytest.mark.parametrize("event", [change_password, replace_totp, disable_and_enable])
async def test_other_sessions_end_and_this_one_stays(world: World, ada: Person, event: Event) -> None:
    await ada.turn_on_totp()
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    other = await world.bearer(passed.json()["token"])
    world.clock.advance(60)

    await event(ada)

    assert (await other.get("/get-session")).json() is None
    assert (await ada.session())["user"]["email"] == ada.email


async def test_sessions_without_the_new_factor_end_when_it_is_added(world: World, ada: Person) -> None:
    """CVE-2023-31140: an attacker's session survived when the owner turned the second factor on."""
    thief = await world.bearer((await ada.sign_in()).json()["token"])

    await ada.turn_on_totp()

    assert (await thief.get("/get-session")).json() is None
    assert (await ada.session())["user"]["twoFactorEnabled"] is True


async def test_sessions_at_the_new_level_stay_when_another_factor_is_added(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    other = await world.bearer(passed.json()["token"])

    await add_mail(ada)

    assert (await other.get("/get-session")).json() is not None


async def test_backup_codes_of_a_replaced_set_are_worthless(ada: Person) -> None:
    await ada.turn_on_totp()
    old = ada.backup_codes[0]

    await replace_totp(ada)

    refused = await ada.answer(await ada.challenge(), "verify-backup-code", code=old)
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    assert (refused.status_code, passed.status_code) == (401, 200)


async def test_a_session_alone_cannot_turn_codes_by_mail_on(world: World, ada: Person) -> None:
    """A peer: send-otp and verify-otp with a stolen session switched the second factor on."""
    sent = await ada.post("/two-factor/send-otp")
    verified = await ada.post("/two-factor/verify-otp", code="123456")

    assert (sent.status_code, sent.json()["code"]) == (400, "TWO_FACTOR_NOT_ENABLED")
    assert verified.status_code == 400
    await world.delivered()
    assert world.mailbox.kinds_for(ada.email) == [MessageKind.EMAIL_VERIFICATION]
    assert (await ada.session())["user"]["twoFactorEnabled"] is False


async def test_a_factor_needs_the_right_password(ada: Person) -> None:
    await ada.turn_on_totp()
    for path in ("enable", "disable", "get-totp-uri", "generate-backup-codes"):
        refused = await ada.post(f"/two-factor/{path}", password="not the password")
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_PASSWORD")

    assert (await ada.session())["user"]["twoFactorEnabled"] is True


async def test_a_session_that_has_just_ended_changes_nothing_on_its_way_out(
    world: World, ada: Person
) -> None:
    """The server had found the session live; the owner revoked it before its code was verified.

    A refusal commits what came before it, so whether the session is alive has to be asked first: else the new
    phone would replace the owner's, and a backup code be used up, by somebody who is told "sign in first".
    """
    await ada.turn_on_totp()
    old_phone, codes = ada.phone, ada.backup_codes
    await ada.enable()
    thief = await world.resolve(ada.token)
    other = (await ada.answer(await ada.challenge(), "verify-backup-code", code=codes[0])).json()["token"]
    await (await world.bearer(other)).post("/revoke-other-sessions")

    confirmed = await world.call("/two-factor/verify-totp", thief, code=ada.code())
    used = await world.call("/two-factor/verify-backup-code", thief, code=codes[1])

    assert (confirmed, used) == ("UNAUTHORIZED", "UNAUTHORIZED")
    ada.phone = old_phone
    assert (await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())).status_code == 200
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=codes[1])
    assert passed.status_code == 200


async def test_a_password_verified_in_a_session_that_has_just_ended_authorises_nothing(
    world: World, ada: Person
) -> None:
    """Hashing takes tens of milliseconds, in which the owner may have revoked the attacker's session."""
    await ada.turn_on_totp()
    thief = await world.resolve(ada.token)
    passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    owner = await world.bearer(passed.json()["token"])
    await owner.post("/revoke-other-sessions")

    refusals = [
        await world.call("/change-password", thief, currentPassword=PASSWORD, newPassword=NEW_PASSWORD),
        await world.call("/two-factor/disable", thief, password=PASSWORD),
        await world.call("/two-factor/enable", thief, password=PASSWORD),
        await world.call("/two-factor/generate-backup-codes", thief, password=PASSWORD),
        await world.call("/delete-user", thief, password=PASSWORD),
    ]

    assert refusals == ["UNAUTHORIZED"] * 5
    assert (await owner.get("/get-session")).json()["user"]["twoFactorEnabled"] is True


async def test_an_enrolment_ends_with_the_password_that_began_it(world: World, ada: Person) -> None:
    """An attacker with the old password left their secret pending, for the owner to confirm."""
    await ada.enable()
    await change_password(ada)

    shown = await ada.post("/two-factor/get-totp-uri", password=NEW_PASSWORD)
    confirmed = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert shown.json()["code"] == confirmed.json()["code"] == "TOTP_NOT_ENABLED"


async def test_new_backup_codes_stay_in_force_when_an_older_enrolment_is_confirmed(ada: Person) -> None:
    """The codes shown with the enrolment came back and those the owner had saved since were dead."""
    await ada.turn_on_totp()
    await ada.enable()
    shown_before = ada.backup_codes[0]
    generated = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)
    await ada.post("/two-factor/verify-totp", code=ada.code())

    refused = await ada.answer(await ada.challenge(), "verify-backup-code", code=shown_before)
    saved = generated.json()["backupCodes"][0]
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=saved)

    assert (refused.status_code, passed.status_code) == (401, 200)


async def test_removing_the_factors_lowers_the_session(world: World, ada: Person) -> None:
    """An attacker in a raised session turned them off; that session survived the owner's next enrolment."""
    await ada.turn_on_totp()
    thief = await world.bearer(ada.token)
    assert (await thief.post("/two-factor/disable", json={"password": PASSWORD})).status_code == 200
    session = (await thief.get("/get-session")).json()["session"]
    assert (session["level"], session["amr"]) == (1, ["pwd"])

    ada.client = await world.bearer((await ada.sign_in()).json()["token"])
    await ada.turn_on_totp()

    assert (await thief.get("/get-session")).json() is None


async def test_an_app_is_forgotten_with_the_code_that_re_encrypts_its_secret(database_url: str) -> None:
    """PostgreSQL applies one of two deferred writes to a row: it stored the new ciphertext, and the app stayed."""
    async with world_over(database_url, secret=None, secrets=OLD_SECRET) as before:
        ada = await sign_up(before)
        await ada.turn_on_totp()
    async with world_over(database_url, secret=None, secrets=BOTH_SECRETS) as after:
        after.clock.advance(3600)
        ada.world, ada.client = after, await after.bearer(ada.token)
        answer = await ada.post("/two-factor/disable", password=PASSWORD, code=ada.code())

    assert answer.status_code == 200, answer.text
    assert await fetch_all(database_url, "SELECT id FROM athena_authenticator") == []
