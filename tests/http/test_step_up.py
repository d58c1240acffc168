"""The step-up policy (I11): changing a credential requires a recent second factor in the session."""

from typing import Any

import httpx
import pytest

from athena_auth.accounts.step_up_policy import POLICY, Action
from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.errors import ErrorCode
from athena_auth.sessions.model import Level
from support.dump import fetch_all
from support.passkey_user import with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW = "another long sentence of mine"
BODIES: dict[Action, dict[str, Any]] = {
    Action.ENABLE: {"password": PASSWORD},
    Action.DISABLE: {"password": PASSWORD},
    Action.REVEAL_SECRET: {"password": PASSWORD},
    Action.GENERATE_BACKUP_CODES: {"password": PASSWORD},
    Action.CHANGE_PASSWORD: {"currentPassword": PASSWORD, "newPassword": NEW},
    Action.CHANGE_EMAIL: {"newEmail": "ada@new.example.com", "password": PASSWORD},
    Action.DELETE_ACCOUNT: {"password": PASSWORD},
    Action.REVOKE_SESSIONS: {},
    Action.REVOKE_OTHER_SESSIONS: {},
    Action.REVOKE_SESSION: {},
    Action.BEGIN_PASSKEY: {"password": PASSWORD},
    Action.REMOVE_PASSKEY: {"password": PASSWORD},
    Action.ADD_AUTHENTICATOR: {"password": PASSWORD},
    Action.REMOVE_AUTHENTICATOR: {},
    Action.SUSPEND_AUTHENTICATOR: {},
    Action.RESUME_AUTHENTICATOR: {},
}
"""What each call sends that demands a second factor."""
OF_AN_AUTHENTICATOR = {
    Action.REMOVE_AUTHENTICATOR,
    Action.SUSPEND_AUTHENTICATOR,
    Action.RESUME_AUTHENTICATOR,
}
BY_PASSKEY = {Action.REMOVE_PASSWORD, Action.SET_PASSWORD}
"""These demand a passkey, not any second factor: tests/http/test_removing_a_password.py."""
NEVER_RELAXED = {Action.REVEAL_SECRET, Action.DELETE_ACCOUNT, *OF_AN_AUTHENTICATOR}


async def body_of(action: Action, person: Person) -> dict[str, Any]:
    """Return the body of a call; to end a session there must be another one."""
    if action is Action.REMOVE_PASSKEY or action in OF_AN_AUTHENTICATOR:
        passkeys = (await person.client.get("/passkey/list-user-passkeys")).json()
        return {"id": passkeys[0]["id"] if passkeys else "0", **BODIES[action]}
    if action is not Action.REVOKE_SESSION:
        return BODIES[action]
    sessions = (await person.client.get("/list-sessions")).json()
    own = (await person.session())["session"]["id"]
    return {"token": next(each["id"] for each in sessions if each["id"] != own)}


async def with_another_session(person: Person) -> None:
    await person.turn_on_totp()
    await with_passkey(person)
    challenge = await person.challenge()
    assert (await person.answer(challenge, "verify-totp", code=person.code())).is_success
    person.world.clock.advance(601)


def refused(answer: httpx.Response) -> bool:
    if answer.status_code == 403:
        assert answer.json()["code"] == "STEP_UP_REQUIRED"
        return True
    assert answer.status_code == 200, answer.text
    return False


def test_every_route_that_changes_something_is_in_the_table(sqlite_world: World) -> None:
    """What a new route demands is decided once, and nobody forgets to decide it."""
    changing = {route.path for route in sqlite_world.athena.routes if route.method == "POST"}
    # Two only look, and the other is an earlier name.
    changing -= {"/get-session", "/token", "/forget-password"}
    assert {str(action) for action in POLICY} == changing | {"/verify-email"}
    assert set(POLICY) == set(Action)
    assert {action for action, demand in POLICY.items() if demand.takes_passkey} == BY_PASSKEY
    by_factor = {action for action, demand in POLICY.items() if demand.level is Level.TWO} - BY_PASSKEY
    assert set(BODIES) == by_factor
    for action, demand in POLICY.items():
        assert (demand.fresh is not None) == (demand.level is Level.TWO), action


@pytest.mark.parametrize("action", list(BODIES))
async def test_the_password_alone_changes_nothing(world: World, ada: Person, action: Action) -> None:
    await with_another_session(ada)
    body = await body_of(action, ada)
    before = await ada.session()

    assert refused(await ada.post(action, **body))
    assert await ada.session() == before

    assert not refused(await ada.post(action, **body, code=ada.code()))


@pytest.mark.parametrize("action", list(BODIES))
async def test_a_recent_second_factor_is_enough(world: World, ada: Person, action: Action) -> None:
    await with_another_session(ada)
    await ada.step_up()
    assert not refused(await ada.post(action, **await body_of(action, ada)))


@pytest.mark.parametrize("action", list(BODIES))
async def test_a_trusted_device_does_not_count(world: World, ada: Person, action: Action) -> None:
    """A stolen laptop with the password read the live secret, and made codes from it ever after."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    await browser.post("/sign-out")
    await ada.sign_in(browser)
    thief = Person(world, ada.email, browser, "")

    assert refused(await browser.post(action, json=await body_of(action, thief)))
    assert (await browser.get("/get-session")).json()["user"]["twoFactorEnabled"] is True


@pytest.mark.parametrize("action", list(BODIES))
async def test_an_operator_can_let_the_password_suffice_but_not_for_all(
    sqlite_url: str, action: Action
) -> None:
    async with world_over(sqlite_url, step_up="password") as world:
        ada = await sign_up(world)
        await with_another_session(ada)
        assert refused(await ada.post(action, **await body_of(action, ada))) == (action in NEVER_RELAXED)


async def test_a_wrong_code_counts_and_changes_nothing(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    world.clock.advance(601)
    for _ in range(5):
        answer = await ada.post("/two-factor/disable", password=PASSWORD, code="000000")
        assert (answer.status_code, answer.json()["code"]) == (401, ErrorCode.INVALID_CODE)

    blocked = await ada.post("/two-factor/disable", password=PASSWORD, code=ada.code())

    assert (blocked.status_code, blocked.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")
    assert (await ada.session())["user"]["twoFactorEnabled"] is True


@pytest.mark.parametrize("code", ["12345", "", "not a code at all"])
async def test_what_cannot_be_a_code_is_no_attempt(world: World, ada: Person, code: str) -> None:
    await ada.turn_on_totp()
    world.clock.advance(601)
    for _ in range(6):
        answer = await ada.post("/two-factor/disable", password=PASSWORD, code=code)
        assert answer.status_code in {400, 401}, answer.text
    assert not refused(await ada.post("/two-factor/disable", password=PASSWORD, code=ada.code()))


async def test_a_backup_code_steps_up_too_and_is_used_up(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    world.clock.advance(601)
    code = ada.backup_codes[0]

    assert not refused(await ada.post("/revoke-other-sessions", code=code))
    world.clock.advance(601)
    assert (await ada.post("/revoke-other-sessions", code=code)).status_code == 401


async def test_a_code_is_not_used_up_where_none_is_needed(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await ada.step_up()
    code = ada.code()
    assert not refused(await ada.post("/revoke-other-sessions", code=code))
    assert (await ada.post("/two-factor/verify-totp", code=code)).status_code == 200


async def test_the_owner_hears_of_a_secret_that_was_shown(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        shown = await ada.post("/two-factor/get-totp-uri", password=PASSWORD, code=ada.code())
        assert shown.json()["totpURI"].startswith("otpauth://")
        await world.mailbox.message_for(ada.email, MessageKind.SECRET_REVEALED)
    events = "SELECT count(*) FROM athena_audit WHERE event = '{}'"
    assert await fetch_all(database_url, events.format(EventName.SECRET_REVEALED)) == [(1,)]


async def test_the_owner_hears_of_the_end_of_the_account(world: World, ada: Person) -> None:
    await ada.post("/delete-user", password=PASSWORD)
    await world.mailbox.message_for(ada.email, MessageKind.ACCOUNT_DELETED)


async def test_without_a_second_factor_the_password_is_enough(world: World, ada: Person) -> None:
    world.clock.advance(601)
    assert not refused(await ada.post("/change-password", currentPassword=PASSWORD, newPassword=NEW))
