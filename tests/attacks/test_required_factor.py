"""Attackers of an account that must enrol a second factor (docs/adr/0024-a-required-second-factor-is-enrolled-without-a-session.md)."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from support.links import reset_token, verify_address
from support.passkey import Authenticator
from support.passkey_user import code_of, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

DAY = 86_400
NEW_PASSWORD = "a wholly different password"


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, require_second_factor="all") as running:
        yield running


async def enrolling(person: Person) -> httpx.AsyncClient:
    """Sign in with the password after the deadline; return a client with the enrolment token."""
    token = (await person.sign_in()).json()["enrolmentToken"]
    return await person.world.bearer(token)


async def begin(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/two-factor/enable", json={"password": PASSWORD, "method": "passkey"})
    options: dict[str, Any] = answer.json()["options"]
    return options


async def test_an_enrolment_is_confirmed_only_with_the_token_that_began_it(world: World, ada: Person) -> None:
    """An attacker with the password waits, with a token of their own, for the owner to begin."""
    eve = await sign_up(world, "eve@example.com", "Eve")
    world.clock.advance(15 * DAY)
    owner, thief, other = await enrolling(ada), await enrolling(ada), await enrolling(eve)
    options, device = await begin(owner), Authenticator()

    for client in (thief, other):
        response = Authenticator().create(options)
        refused = await client.post("/two-factor/verify-passkey", json={"response": response})
        assert code_of(refused) == "CHALLENGE_NOT_FOUND"
    confirmed = await owner.post("/two-factor/verify-passkey", json={"response": device.create(options)})

    assert confirmed.json()["user"]["email"] == ada.email
    assert code_of(await thief.post("/two-factor/send-otp", json={})) == "INVALID_TWO_FACTOR_COOKIE"


async def test_a_passkey_that_the_account_has_confirms_no_enrolment(world: World, ada: Person) -> None:
    """The token is for a factor that was enrolled with it, by the one who has the password and the new authenticator."""
    device = await with_passkey(ada)
    world.clock.advance(15 * DAY)
    client = await enrolling(ada)

    begun = await client.post("/two-factor/enable", json={"password": PASSWORD, "method": "passkey"})
    assert begun.json()["confirmationPending"] is True
    response = device.get({"rpId": "localhost", **begun.json()["options"]})
    used = await client.post("/two-factor/verify-passkey", json={"response": response})

    assert code_of(used) == "INVALID_CODE"
    assert (await ada.sign_in()).json()["enrolmentRequired"] is True


async def test_the_owner_hears_of_a_factor_that_an_attacker_enrolled_and_ends_its_sessions(
    world: World, ada: Person
) -> None:
    """Until then the password was all that protected the account; the mailbox is what the owner is left with."""
    await verify_address(ada)
    world.clock.advance(15 * DAY)
    thief, device = await enrolling(ada), Authenticator()
    response = device.create(await begin(thief))
    enrolled = await thief.post("/two-factor/verify-passkey", json={"response": response})
    stolen = await world.bearer(enrolled.json()["token"])
    assert (await stolen.get("/get-session")).json()["session"]["level"] == 2
    await world.mailbox.message_for(ada.email, MessageKind.FACTOR_ADDED)

    body = {"token": await reset_token(world, ada.email), "newPassword": NEW_PASSWORD}
    reset = await (await world.client()).post("/reset-password", json=body)

    assert reset.json()["twoFactorRedirect"] is True, "an operator removes the factor"
    assert (await stolen.get("/get-session")).json() is None
