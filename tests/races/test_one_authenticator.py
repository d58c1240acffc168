"""Two requests for one authenticator, each paused where the other would interfere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest_asyncio

from support.person import Person, sign_up
from support.world import World

WAITING = """
    SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest_asyncio.fixture
async def ada(postgres_world: World) -> Person:
    person = await sign_up(postgres_world)
    await person.turn_on_totp()
    postgres_world.clock.advance(20 * 60)
    return person


@asynccontextmanager
async def held(world: World, state: str) -> AsyncIterator[asyncpg.Connection]:
    """Lock the authenticator of this state, so that changes to it wait until this block ends."""
    connection = await asyncpg.connect(world.database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM athena_authenticator WHERE state = $1 FOR UPDATE", state)
            yield connection
    finally:
        await connection.close()


async def until_waiting(
    connection: asyncpg.Connection, number: int, *, or_done: asyncio.Task[object]
) -> None:
    """Return when so many transactions wait for a lock, or when the task has ended."""
    for _ in range(1000):
        if or_done.done() or await connection.fetchval(WAITING) >= number:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_an_enrolment_begun_anew_does_not_cost_the_phone_that_is_on(
    postgres_world: World, ada: Person
) -> None:
    """I6: the old phone was dropped for a new one, whose secret had just been replaced by another."""
    old_phone = ada.phone
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    elsewhere = Person(
        postgres_world, ada.email, await postgres_world.bearer(passed.json()["token"]), passed.json()["token"]
    )
    await ada.enable()
    async with held(postgres_world, "active") as lock:
        confirming = asyncio.create_task(ada.post("/two-factor/verify-totp", code=ada.code()))
        await until_waiting(lock, 1, or_done=confirming)
        beginning = asyncio.create_task(elsewhere.enable())
        await until_waiting(lock, 2, or_done=beginning)
    confirmed, begun = await asyncio.gather(confirming, beginning)

    assert {confirmed.status_code, begun.status_code} <= {200, 401, 409}
    if confirmed.status_code == 401:
        ada.phone = old_phone
    postgres_world.clock.advance(60)
    answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
    assert answer.status_code == 200, (confirmed.text, begun.text)
