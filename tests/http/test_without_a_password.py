"""An account without a password: where calls take a password, a passkey takes its place; and how to set one again."""

from typing import Any

import httpx
import pytest

from athena_auth.accounts.step_up_policy import POLICY, Action
from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.passkey import Authenticator
from support.passkey_user import (
    challenged,
    code_of,
    continue_with,
    has_password,
    passkey_ids,
    sign_in,
    verify_in_session,
    with_passkey,
    without_password,
)
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW = "another long sentence of mine"
TAKE_PASSWORD = [
    Action.ENABLE,
    Action.ADD_AUTHENTICATOR,
    Action.REVEAL_SECRET,
    Action.GENERATE_BACKUP_CODES,
]
"""The calls that take a password, apart from those that an account without one cannot make."""
GIVEN: dict[str, dict[str, Any]] = {
    "none": {},
    "an empty one": {"password": ""},
    "a wrong one": {"password": "not the password of anyone"},
}
ATTEMPTS = "SELECT failures FROM athena_guess_budget WHERE lane LIKE '%password' AND failures > 0"


def test_these_are_the_calls_that_take_a_password() -> None:
    taking = {action for action, demand in POLICY.items() if demand.takes_password}
    assert taking == {*TAKE_PASSWORD, Action.DISABLE, Action.CHANGE_PASSWORD}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN.keys())
@pytest.mark.parametrize("action", TAKE_PASSWORD)
async def test_a_recent_passkey_takes_its_place(
    world: World, ada: Person, action: Action, given: dict[str, Any]
) -> None:
    device = await without_password(ada)
    world.clock.advance(601)
    await ada.step_up()

    stale = await ada.post(action, **given)
    with_code = await ada.post(action, **given, code=ada.code())
    world.clock.advance(60)
    await verify_in_session(ada, device)
    accepted = await ada.post(action, **given)

    assert [code_of(stale), code_of(with_code)] == ["STEP_UP_REQUIRED"] * 2, "a code is no password"
    assert "passkey" in stale.json()["message"]
    assert accepted.status_code == 200, accepted.text
    assert await fetch_all(world.database_url, ATTEMPTS) == []


async def test_a_passkey_without_user_verification_does_not(world: World, ada: Person) -> None:
    device = await without_password(ada)
    world.clock.advance(601)
    device.verifies_user = False
    await verify_in_session(ada, device)

    assert code_of(await ada.post("/two-factor/generate-backup-codes")) == "STEP_UP_REQUIRED"


@pytest.mark.parametrize("action", [*TAKE_PASSWORD, Action.DISABLE])
async def test_an_account_with_a_password_cannot_leave_it_out(ada: Person, action: Action) -> None:
    await ada.turn_on_totp()
    await verify_in_session(ada, await with_passkey(ada))

    for given in ({}, {"password": None}):
        refused = await ada.post(action, **given)
        assert (refused.status_code, code_of(refused)) == (400, "VALIDATION_ERROR")
    assert code_of(await ada.post(action, password="")) == "INVALID_PASSWORD"


async def test_nor_can_the_bearer_of_an_enrolment_token(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="all") as world:
        ada = await sign_up(world)
        world.clock.advance(15 * 86_400)
        bearer = await world.bearer((await ada.sign_in()).json()["enrolmentToken"])

        assert code_of(await bearer.post("/two-factor/enable", json={})) == "VALIDATION_ERROR"


@pytest.mark.parametrize("path", ["/change-email", "/passkey/delete-passkey", "/delete-user"])
async def test_where_the_password_is_optional_a_made_up_one_counts_for_nothing(
    sqlite_url: str, path: str
) -> None:
    """With ATHENA_STEP_UP=password a password replaces the second factor. Here nothing could verify it."""
    async with world_over(sqlite_url, step_up="password") as world:
        ada = await sign_up(world)
        device = await without_password(ada)
        world.clock.advance(1)
        await with_passkey(ada)
        body = {"newEmail": "ada@new.example.com", "id": (await passkey_ids(ada))[1]}
        world.clock.advance(601)

        refused = await ada.post(path, **body, password="made up")
        await verify_in_session(ada, device)
        accepted = await ada.post(path, **body, password="made up")

        assert code_of(refused) == "STEP_UP_REQUIRED"
        assert accepted.status_code == 200, accepted.text


async def test_the_account_can_be_deleted_with_a_recent_factor(world: World, ada: Person) -> None:
    await without_password(ada)
    world.clock.advance(601)
    assert code_of(await ada.post("/delete-user")) == "STEP_UP_REQUIRED"
    assert (await ada.post("/delete-user", code=ada.code())).status_code == 200


async def test_two_factor_authentication_stays_on(world: World, ada: Person) -> None:
    device = await without_password(ada)

    refused = await ada.post("/two-factor/disable")

    assert (refused.status_code, code_of(refused)) == (400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
    assert "Set one first" in refused.json()["message"]
    assert (await sign_in(await world.browser(), device)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/passkey/delete-passkey",
        "/two-factor/remove-authenticator",
        "/two-factor/suspend-authenticator",
    ],
)
async def test_the_last_passkey_that_signs_in_stays(world: World, ada: Person, path: str) -> None:
    device = await without_password(ada)
    world.clock.advance(1)
    await with_passkey(ada, Authenticator(verifies_user=False))
    own, weak = await passkey_ids(ada)

    refused = await ada.post(path, id=own)

    assert (refused.status_code, code_of(refused)) == (400, "LAST_AUTHENTICATOR")
    assert "set a password first" in refused.json()["message"]
    assert (await sign_in(await world.browser(), device)).status_code == 200
    assert (await ada.post(path, id=weak)).status_code == 200, "it could not sign in by itself"
    await with_passkey(ada)
    assert (await ada.post(path, id=own)).status_code == 200, "there is another one"


async def test_an_operator_may_remove_it(world: World, ada: Person) -> None:
    """For instance that of a stolen phone. The owner sets a password by email."""
    await without_password(ada)
    (own,) = await passkey_ids(ada)
    user_id = (await ada.session())["user"]["id"]

    await world.athena.users.remove_authenticator(user_id, own, reason="stolen")

    assert await ada.session() is None


async def test_a_password_that_there_is_not_cannot_be_changed(ada: Person) -> None:
    await without_password(ada)

    refused = await ada.post("/change-password", currentPassword=PASSWORD, newPassword=NEW)

    assert (refused.status_code, code_of(refused)) == (400, "CREDENTIAL_ACCOUNT_NOT_FOUND")


async def test_a_password_that_there_is_cannot_be_set(ada: Person) -> None:
    await ada.turn_on_totp()
    await verify_in_session(ada, await with_passkey(ada))

    refused = await ada.post("/set-password", newPassword=NEW)

    assert (refused.status_code, code_of(refused)) == (400, "PASSWORD_ALREADY_SET")
    assert (await ada.sign_in()).status_code == 200


async def test_setting_one_needs_a_recent_passkey(world: World, ada: Person) -> None:
    device = await without_password(ada)
    world.clock.advance(601)
    await ada.step_up()
    assert code_of(await ada.post("/set-password", newPassword=NEW)) == "STEP_UP_REQUIRED"
    assert not await has_password(ada)
    await verify_in_session(ada, device)

    await continue_with(ada, await ada.post("/set-password", newPassword=NEW))

    ada.password = NEW
    assert (await ada.sign_in()).json()["twoFactorRedirect"] is True
    assert await has_password(ada)
    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_SET)
    events = await fetch_all(world.database_url, "SELECT event FROM athena_audit")
    assert ("account:password:set",) in events


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("short", "PASSWORD_TOO_SHORT"),
        ("password1", "PASSWORD_TOO_COMMON"),
        ("ada@example.com 1", "PASSWORD_CONTAINS_EMAIL"),
    ],
)
async def test_a_new_password_is_checked_as_at_sign_up(ada: Person, new: str, code: str) -> None:
    await without_password(ada)

    assert code_of(await ada.post("/set-password", newPassword=new)) == code
    assert not await has_password(ada)


@pytest.mark.parametrize("ends", [True, False])
async def test_other_sessions_end_unless_their_owner_wants_to_keep_them(
    world: World, ada: Person, ends: bool
) -> None:
    device = await without_password(ada)
    other = await world.browser()
    await sign_in(other, device)

    body = {} if ends else {"revokeOtherSessions": False}
    await continue_with(ada, await ada.post("/set-password", newPassword=NEW, **body))

    assert ((await other.get("/get-session")).json() is None) is ends


async def test_removing_it_again_gives_no_new_attempts_at_the_codes(world: World, ada: Person) -> None:
    """An attacker in a session would set and remove a password to go on trying codes."""
    device = await without_password(ada)

    async def wrong_code() -> httpx.Response:
        return await ada.post("/two-factor/verify-totp", code="000000")

    for _ in range(5):
        await wrong_code()
    assert (await wrong_code()).status_code == 429
    await verify_in_session(ada, device)
    # A verified factor resets the count of its kind; these are wrong again after it.
    for _ in range(5):
        await wrong_code()
    await continue_with(ada, await ada.post("/set-password", newPassword=NEW))
    await continue_with(ada, await ada.post("/remove-password"))

    assert (await wrong_code()).status_code == 429


async def test_a_new_password_begins_with_all_attempts(world: World, ada: Person) -> None:
    await without_password(ada)
    for _ in range(8):
        await ada.sign_in()
    assert (await ada.sign_in()).status_code == 429

    await continue_with(ada, await ada.post("/set-password", newPassword=NEW))

    ada.password = NEW
    assert (await challenged(world, ada)) is not None
