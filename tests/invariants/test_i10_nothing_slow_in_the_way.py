"""I10: hashing is limited and stalls no other request; mail is sent after the commit and delays no response."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from athena_auth.accounts.hashing import HashingPool
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.errors import Unavailable
from athena_auth.testing.server import CheapHasher
from support.hashing import HeldHasher
from support.person import Person
from support.world import World, world_over


@pytest.fixture
def hasher() -> HeldHasher:
    return HeldHasher()


@pytest_asyncio.fixture
async def world(database_url: str, hasher: HeldHasher) -> AsyncIterator[World]:
    async with world_over(database_url, hasher=hasher) as running:
        yield running


async def test_while_passwords_are_hashed_others_are_answered(
    world: World, ada: Person, hasher: HeldHasher
) -> None:
    """A peer hashes on its event loop: one sign-in stalls all requests for 87 ms."""
    with hasher.held():
        signing_in = [asyncio.create_task(ada.sign_in()) for _ in range(3)]
        await hasher.has_verified()

        sessions = [await ada.session() for _ in range(12)]

        assert [session["user"]["email"] for session in sessions] == [ada.email] * 12
    assert {answer.status_code for answer in await asyncio.gather(*signing_in)} == {200}


async def test_a_flood_of_passwords_is_turned_away_at_once(
    world: World, ada: Person, hasher: HeldHasher
) -> None:
    with hasher.held():
        flood = [asyncio.create_task(ada.sign_in(email=f"{n}@example.com")) for n in range(150)]
        first, _ = await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
        turned_away = first.pop().result()

    assert (turned_away.status_code, turned_away.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert turned_away.headers["retry-after"] == "1"
    assert {answer.status_code for answer in await asyncio.gather(*flood)} == {401, 503}
    assert (await ada.sign_in()).status_code == 200


async def test_an_unknown_address_costs_the_same_hashing_as_a_known_one(
    world: World, ada: Person, hasher: HeldHasher
) -> None:
    """ASVS 6.3.8: without hashing for unknown addresses, the time (and room in the pool) would reveal which accounts exist."""
    with hasher.held():
        attempt = asyncio.create_task(ada.sign_in(email="nobody@example.com"))
        await hasher.has_verified()

    assert (await attempt).status_code == 401


async def test_the_pool_takes_as_many_as_it_says() -> None:
    pool = HashingPool(CheapHasher(), threads=1)
    waiting = [asyncio.create_task(pool.hash("password")) for _ in range(17)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await pool.hash("one too many")

    assert len(await asyncio.gather(*waiting)) == 17
    assert await pool.hash("there is room again")
    pool.close()


async def test_a_mail_server_that_hangs_delays_no_answer(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    world.mailbox.hold()

    sent = await ada.answer(challenge, "send-otp")

    assert sent.json() == {"status": True}
    assert MessageKind.TWO_FACTOR_OTP not in world.mailbox.kinds_for(ada.email)
    world.mailbox.release()
    code = await world.mailbox.code_for(ada.email)
    assert (await ada.answer(challenge, "verify-otp", code=code)).status_code == 200


async def test_a_mail_server_that_is_down_fails_no_answer(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    world.mailbox.out_of_order = True

    sent = await ada.answer(await ada.challenge(), "send-otp")

    assert sent.json() == {"status": True}
