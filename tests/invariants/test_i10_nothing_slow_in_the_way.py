"""I10: hashing has bounds and stalls nobody; mail is sent after the commit and delays no answer."""

import asyncio

import pytest

from athena_auth.accounts.hashing import HashingPool
from athena_auth.crypto.passwords import Cost, PasswordHasher
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.outcome import Unavailable
from support.person import Person
from support.world import World


async def test_while_passwords_are_hashed_others_are_answered(world: World, ada: Person) -> None:
    """A peer hashes on its event loop: one wrong password stops everybody for 87 ms."""
    finished: list[str] = []

    async def sign_in() -> None:
        await ada.sign_in(password="a wrong password")
        finished.append("sign-in")

    async def look() -> None:
        await ada.session()
        finished.append("session")

    signing_in = [asyncio.create_task(sign_in()) for _ in range(12)]
    await asyncio.sleep(0)
    await asyncio.gather(*signing_in, *[asyncio.create_task(look()) for _ in range(12)])

    assert finished[:12].count("session") >= 10, finished


async def test_a_flood_of_passwords_is_turned_away_at_once(world: World, ada: Person) -> None:
    answers = await asyncio.gather(*[ada.sign_in(email=f"{n}@example.com") for n in range(150)])

    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert turned_away
    assert {answer.json()["code"] for answer in turned_away} == {"SERVICE_UNAVAILABLE"}
    assert {answer.headers["retry-after"] for answer in turned_away} == {"1"}
    assert {answer.status_code for answer in answers} == {401, 503}
    assert (await ada.sign_in()).status_code == 200


async def test_unknown_addresses_cost_the_same_hashing_as_known_ones(world: World, ada: Person) -> None:
    """ASVS 6.3.8: if nobody's password were not hashed, time (and room in the pool) would tell who exists."""
    answers = await asyncio.gather(*[ada.sign_in(email=f"nobody{n}@example.com") for n in range(150)])

    assert {answer.status_code for answer in answers} == {401, 503}


async def test_the_pool_takes_as_many_as_it_says() -> None:
    pool = HashingPool(PasswordHasher(Cost(8, 1)), threads=1)
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
