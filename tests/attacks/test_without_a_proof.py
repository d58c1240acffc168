"""What an attacker in a stolen session does without the password and without the second factor."""

from collections.abc import AsyncIterator

import httpx
import pytest

from athena_auth import RefusedError
from support.passkey_user import code_of, second_step, turn_on, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

STALE = 601
"""Seconds after which a sign-in is no proof."""


@pytest.fixture
async def relaxed(database_url: str) -> AsyncIterator[World]:
    """Run a server on which the password replaces the second factor (ATHENA_STEP_UP=password)."""
    async with world_over(database_url, step_up="password") as running:
        yield running


async def passkey_of(person: Person) -> str:
    found: str = (await person.client.get("/passkey/list-user-passkeys")).json()[0]["id"]
    return found


async def test_a_code_that_nothing_verifies_adds_and_removes_no_passkey(world: World, ada: Person) -> None:
    await with_passkey(ada)
    await with_passkey(ada)
    world.clock.advance(STALE)

    begun = await ada.post("/passkey/generate-register-options", code="123456")
    removed = await ada.post("/passkey/delete-passkey", id=await passkey_of(ada), code="123456")

    assert [code_of(begun), code_of(removed)] == ["SESSION_EXPIRED"] * 2


@pytest.mark.parametrize("what", ["suspend", "remove"])
async def test_authenticators_are_changed_only_where_a_second_factor_is_asked_for(
    world: World, ada: Person, what: str
) -> None:
    """It would also reset the attempts at the password, as often as the attacker likes."""
    await with_passkey(ada)
    await with_passkey(ada)
    world.clock.advance(STALE)

    refused = await ada.post(f"/two-factor/{what}-authenticator", id=await passkey_of(ada))

    assert code_of(refused) == "TWO_FACTOR_NOT_ENABLED"
    assert len((await ada.client.get("/passkey/list-user-passkeys")).json()) == 2


async def by_trusted_device(world: World) -> httpx.AsyncClient:
    """Return a browser that has just signed in, with a trusted device in place of the second factor."""
    ada = await sign_up(world)
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    body = {"code": ada.code(), "trustDevice": True}
    assert (await browser.post("/two-factor/verify-totp", json=body)).status_code == 200
    await browser.post("/sign-out", json={})
    world.clock.advance(STALE)
    assert (await ada.sign_in(browser)).json()["redirect"] is False
    return browser


async def test_a_relaxed_step_up_takes_the_password_and_not_nothing(relaxed: World) -> None:
    browser = await by_trusted_device(relaxed)
    moved = {"newEmail": "eve@example.com"}

    refused = [
        await browser.get("/passkey/generate-register-options"),
        await browser.post("/passkey/generate-register-options", json={"code": "123456"}),
        await browser.post("/passkey/delete-passkey", json={"id": "0" * 32}),
        await browser.post("/change-email", json=moved),
    ]
    begun = await browser.post("/passkey/generate-register-options", json={"password": PASSWORD})
    changed = await browser.post("/change-email", json={**moved, "password": PASSWORD})

    assert [code_of(each) for each in refused] == ["STEP_UP_REQUIRED"] * 4
    assert (begun.status_code, changed.status_code) == (200, 200)


async def test_an_operator_removes_the_only_passkey_where_no_second_factor_is_on(
    world: World, ada: Person
) -> None:
    """It was added by an attacker, for instance: it signs in by itself."""
    await with_passkey(ada)
    user = await world.athena.users.find(ada.email)
    assert user is not None

    await world.athena.users.remove_authenticator(user.id, await passkey_of(ada), reason="not theirs")

    ada = await sign_up(world, "bob@example.com")
    await turn_on(ada)
    bob = await world.athena.users.find(ada.email)
    assert bob is not None
    with pytest.raises(RefusedError, match="only second factor"):
        await world.athena.users.remove_authenticator(bob.id, await passkey_of(ada), reason="lost")


async def test_a_passkey_of_the_attacker_gives_no_new_attempts_at_the_password(
    world: World, ada: Person
) -> None:
    """In a session whose second factor is recent they add one, keep the session recent with it, and suspend and resume it."""
    await ada.turn_on_totp()
    await ada.step_up()
    device = await with_passkey(ada)
    stolen, passkey_id = ada.client, await passkey_of(ada)

    codes = []
    for _ in range(12):
        assert (await second_step(stolen, device)).status_code == 200
        guessed = await ada.post("/passkey/generate-register-options", password="not their password")
        codes.append(code_of(guessed))
        for what in ("suspend", "resume"):
            assert (await ada.post(f"/two-factor/{what}-authenticator", id=passkey_id)).status_code == 200

    assert codes[-1] == "ACCOUNT_TEMPORARILY_LOCKED"
