"""Removing the password while the last passkey, or two-factor authentication, is removed: never neither is left."""

import asyncio

import httpx

from support.dump import fetch_all
from support.passkey_user import (
    code_of,
    passkey_ids,
    ready_to_remove,
    sign_in,
    verify_in_session,
    with_passkey,
    without_password,
)
from support.person import Person, sign_up
from support.world import World

_ROUNDS = 6
_PASSKEYS = "SELECT count(*) FROM athena_authenticator WHERE factor = 'passkey'"
_WITHOUT = "SELECT count(*) FROM athena_account WHERE password_removed_at = password_changed_at"


def outcome(answer: httpx.Response) -> str:
    return "ok" if answer.is_success else code_of(answer)


async def in_two_sessions(world: World, number: int) -> tuple[Person, httpx.AsyncClient]:
    """Return the owner of one passkey and an app, and another session of theirs; the passkey was just used in both."""
    ada = await sign_up(world, f"ada{number}@example.com")
    await ready_to_remove(ada)
    device = await with_passkey(ada)
    other = await world.browser()
    assert (await sign_in(other, device)).status_code == 200
    await verify_in_session(ada, device)
    return ada, other


async def test_the_password_or_the_last_passkey_stays(postgres_world: World) -> None:
    world = postgres_world
    for number in range(_ROUNDS):
        ada, other = await in_two_sessions(world, number)
        (own,) = await passkey_ids(ada)

        removed, deleted = await asyncio.gather(
            ada.post("/remove-password"),
            other.post("/passkey/delete-passkey", json={"id": own}),
        )

        assert [removed.is_success, deleted.is_success].count(True) == 1, (removed.text, deleted.text)
        assert removed.status_code < 500
        assert deleted.status_code < 500

    (without,), (passkeys,) = (
        await fetch_all(world.database_url, _WITHOUT),
        await fetch_all(world.database_url, _PASSKEYS),
    )
    assert without == passkeys, "each account without a password has its passkey"


async def test_the_password_is_removed_or_two_factor_authentication_turned_off(postgres_world: World) -> None:
    world = postgres_world
    for number in range(_ROUNDS):
        ada, other = await in_two_sessions(world, number)

        removed, disabled = await asyncio.gather(
            ada.post("/remove-password"),
            other.post("/two-factor/disable", json={"password": ada.password}),
        )

        assert [removed.is_success, disabled.is_success].count(True) == 1, (removed.text, disabled.text)
        assert removed.status_code < 500
        assert disabled.status_code < 500

    off = f"{_WITHOUT} AND NOT two_factor_enabled"
    assert await fetch_all(world.database_url, off) == [(0,)]


async def test_of_two_passwords_set_at_once_one_is_the_accounts(postgres_world: World) -> None:
    ada = await sign_up(postgres_world)
    device = await without_password(ada)
    other = await postgres_world.browser()
    await sign_in(other, device)
    passwords = ("the first long sentence", "the second long sentence")

    answers = await asyncio.gather(
        ada.post("/set-password", newPassword=passwords[0]),
        other.post("/set-password", json={"newPassword": passwords[1]}),
    )

    outcomes = [outcome(each) for each in answers]
    assert outcomes.count("ok") == 1, outcomes
    ada.password = passwords[outcomes.index("ok")]
    assert (await ada.sign_in()).json()["twoFactorRedirect"] is True
