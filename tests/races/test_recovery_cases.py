"""Races of recovery cases over two servers: one case is opened, and one of completing and cancelling it wins."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.person import Person
from support.recovery import (
    DAY,
    complete,
    due_case,
    factors_are_on,
    open_case,
    post,
    recovering_person,
    request_case,
    token_of,
)
from support.world import World, world_over

ROUNDS = 6


@pytest_asyncio.fixture
async def worlds(postgres_url: str) -> AsyncIterator[tuple[World, World]]:
    async with (
        world_over(postgres_url, recovery="on", otp_fallback="off") as one,
        world_over(postgres_url, recovery="on", otp_fallback="off") as other,
    ):
        yield one, other


async def person_with_due_case(worlds: tuple[World, World], number: int = 0) -> tuple[Person, str]:
    one, other = worlds
    person = await recovering_person(one, f"ada{number}@example.com")
    token = await due_case(person)
    other.clock.advance((one.clock.now() - other.clock.now()) / 1000)
    return person, token


async def test_concurrent_links_open_one_case(worlds: tuple[World, World]) -> None:
    person = await recovering_person(worlds[0])
    worlds[1].clock.advance((worlds[0].clock.now() - worlds[1].clock.now()) / 1000)
    first, second = await request_case(person), await request_case(person, nth=2)

    answers = await asyncio.gather(
        *[post(worlds[number % 2], "open", token=(first, second)[number % 3 == 0]) for number in range(12)]
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 400, 409}
    cases = await fetch_all(worlds[0].database_url, "SELECT COUNT(*) FROM athena_recovery_case")
    assert cases == [(1,)]


async def test_a_case_is_completed_once(worlds: tuple[World, World]) -> None:
    person, token = await person_with_due_case(worlds)
    body = {"token": token, "password": person.password}

    answers = await asyncio.gather(*[post(worlds[number % 2], "complete", **body) for number in range(6)])

    assert [answer.status_code for answer in answers].count(200) == 1, [a.text for a in answers]
    await worlds[0].delivered()
    kinds = [kind for world in worlds for kind in world.mailbox.kinds_for(person.email)]
    assert kinds.count(MessageKind.FACTORS_RECOVERED) == 1


async def test_either_cancelling_or_completing_wins(worlds: tuple[World, World]) -> None:
    for number in range(ROUNDS):
        person, token = await person_with_due_case(worlds, number)
        cancels = await token_of(person, MessageKind.RECOVERY_OPENED)

        cancelled, completed = await asyncio.gather(
            post(worlds[1], "cancel", token=cancels), complete(person, token)
        )

        assert {cancelled.status_code, completed.status_code} in ({200, 400}, {200, 401}), (
            cancelled.text,
            completed.text,
        )
        assert await factors_are_on(person) is cancelled.is_success


async def test_either_a_factor_or_completing_wins(worlds: tuple[World, World]) -> None:
    """An owner who signs in at the last moment keeps their factors, or has not signed in."""
    for number in range(ROUNDS):
        person, token = await person_with_due_case(worlds, number)
        owner = await worlds[1].bearer(await person.challenge())

        signed_in, completed = await asyncio.gather(
            owner.post("/two-factor/verify-totp", json={"code": person.code()}), complete(person, token)
        )

        assert [signed_in.is_success, completed.is_success].count(True) == 1, (signed_in.text, completed.text)
        assert await factors_are_on(person) is signed_in.is_success
        if completed.is_success:
            rows = await fetch_all(
                worlds[0].database_url,
                f"SELECT COUNT(*) FROM athena_session s JOIN athena_account a ON a.id = s.user_id "
                f"WHERE a.email = '{person.email}'",
            )
            assert rows == [(0,)]


async def test_each_daily_mail_is_sent_once(worlds: tuple[World, World]) -> None:
    person = await recovering_person(worlds[0])
    await open_case(person)
    one, other = worlds
    other.clock.advance((one.clock.now() - other.clock.now()) / 1000)
    for _ in range(2):
        one.clock.advance(DAY)
        other.clock.advance(DAY)
        jobs = [world.athena._run.components.sweeper._jobs for world in worlds]  # noqa: SLF001
        # Without the lease of the sweeper, which only makes it rare that two processes do this.
        await asyncio.gather(*[job() for each in jobs for job in each for _ in range(4)])
    await one.delivered()

    kinds = [*one.mailbox.kinds_for(person.email), *other.mailbox.kinds_for(person.email)]
    assert kinds.count(MessageKind.RECOVERY_WAITING) == 2, kinds
