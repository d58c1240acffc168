"""The free list of PostgreSQL connections: bounded, fair, and never poorer for what went wrong."""

import asyncio
from typing import Any

import asyncpg
import pytest

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.connections import Connections
from athena_auth.store.postgres import PostgresStore
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import StoreLimits, Tx
from support.process import PATIENCE

SLEEP = Statement("SELECT pg_sleep(:seconds)::text AS slept FROM athena_schema_version")
END_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def connections_to(url: str, size: int, patience: float = PATIENCE) -> Connections:
    async def connect() -> Any:
        return await asyncpg.connect(url)

    return Connections(connect, size, patience)


async def test_no_more_are_opened_than_allowed_and_the_last_used_is_lent_first(postgres_url: str) -> None:
    connections = connections_to(postgres_url, 2)
    one, other = await connections.acquire(), await connections.acquire()
    waiting = asyncio.create_task(connections.acquire())
    await asyncio.sleep(0.05)
    assert not waiting.done()

    connections.release(other)
    assert await waiting is other
    connections.release(one)
    connections.release(other)

    assert await connections.acquire() is other
    connections.release(other)
    await connections.close()


async def test_a_broken_connection_makes_room_for_a_new_one(postgres_url: str) -> None:
    connections = connections_to(postgres_url, 1)
    broken = await connections.acquire()
    waiting = asyncio.create_task(connections.acquire())
    await asyncio.sleep(0)
    broken.terminate()

    connections.release(broken)

    fresh = await waiting
    assert await fresh.fetchval("SELECT 1") == 1
    connections.release(fresh)
    await connections.close()


async def test_a_connection_in_the_middle_of_a_transaction_is_not_lent_again(postgres_url: str) -> None:
    """What one request began must not become part of the next."""
    connections = connections_to(postgres_url, 1)
    connection = await connections.acquire()
    await connection.execute("BEGIN")

    connections.release(connection)

    fresh = await connections.acquire()
    assert fresh is not connection
    connections.release(fresh)
    await connections.close()


async def test_who_leaves_the_queue_takes_nothing_along(postgres_url: str) -> None:
    connections = connections_to(postgres_url, 1)
    connection = await connections.acquire()
    leaving = asyncio.create_task(connections.acquire())
    await asyncio.sleep(0)

    connections.release(connection)  # it is hers now, but she leaves before she has run
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving

    assert await connections.acquire() is connection
    connections.release(connection)
    await connections.close()


async def test_a_connection_that_comes_as_patience_ends_is_not_lost(postgres_url: str) -> None:
    """The taker is told that all are busy, while the connection is already hers: it must go on to the next."""
    connections = connections_to(postgres_url, 1, patience=0.2)
    connection = await connections.acquire()
    late = asyncio.create_task(connections.acquire())
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    loop.call_at(loop.time() + 0.2, connections.release, connection)

    try:
        came = await late
    except Unavailable:
        came = await connections.acquire()

    assert came is connection
    connections.release(came)
    await connections.close()


async def test_a_place_is_not_lost_when_connecting_fails() -> None:
    connections = connections_to("postgresql://nobody@127.0.0.1:1/none", 1)

    for _ in range(3):
        with pytest.raises(OSError, match="Connect call failed"):
            await connections.acquire()


async def test_a_restart_of_the_database_is_survived(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, StoreLimits())
    await store.open()

    async def work(tx: Tx) -> Any:
        return await tx.fetch_one(SLEEP, seconds=0)

    await store.transact(work)
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(END_ALL)
    await administrator.close()
    await asyncio.sleep(0.1)

    assert (await store.transact(work))["slept"] == ""
    await store.close()


async def test_a_cancelled_request_leaves_no_statement_behind_it(postgres_url: str) -> None:
    store = PostgresStore(postgres_url, StoreLimits())
    await store.open()

    async def slow(tx: Tx) -> Any:
        return await tx.fetch_one(SLEEP, seconds=30)

    async def quick(tx: Tx) -> Any:
        return await tx.fetch_one(SLEEP, seconds=0)

    running = asyncio.create_task(store.transact(slow))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (await asyncio.wait_for(store.transact(quick), PATIENCE))["slept"] == ""
    await store.close()


async def test_when_all_are_busy_for_long_that_is_said(postgres_url: str) -> None:
    connections = connections_to(postgres_url, 1, patience=0.1)
    connection = await connections.acquire()

    with pytest.raises(Unavailable, match="busy"):
        await connections.acquire()

    connections.release(connection)
    assert await connections.acquire() is connection
    connections.release(connection)
    await connections.close()
