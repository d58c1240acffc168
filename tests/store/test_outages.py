"""Databases that vanish, refuse, are demoted, locked or full: one clear outage each, and service again as soon as they are back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.postgres import PostgresStore
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, StoreLimits, Tx
from support.silence import silent_proxy

ADD = Statement("""
    INSERT INTO athena_outbox (id, sealed_message, tries, due_at, expires_at) VALUES (:id, '', 0, 0, 0)
""")
ALL = Statement("SELECT * FROM athena_outbox")
PID = Statement("SELECT pg_backend_pid() AS pid FROM athena_schema_version")
QUICK = StoreLimits(database_timeout=1.0, lock_timeout=0.5)
FAIL_WITH = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'as the test asked' USING ERRCODE = '{sqlstate}'; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON athena_outbox EXECUTE FUNCTION fail()
"""
# What PostgreSQL answers in each state, and what the log must tell the operator to do.
ADVICE = {
    "25006": "target_session_attrs=read-write",
    "25P03": "look for what held it up",
    "08P01": "log of the pooler",
    "26000": "ATHENA_PREPARED_STATEMENTS=off",
    "42501": "grant it",
    "42P01": "athena-auth migrate",
    "53100": "make room on it",
    "53300": "max_connections",
    "57P01": "start it",
    "58030": "read its log",
    "XX001": "read its log",
}


async def add(store: PostgresStore, name: str) -> int:
    return await store.transact(lambda tx: tx.execute(ADD, id=name))


async def pid(store: PostgresStore) -> int:
    async def work(tx: Tx) -> Row:
        (row,) = await tx.fetch_all(PID)
        return row

    return int((await store.transact(work))["pid"])


@asynccontextmanager
async def store_over(url: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(url, QUICK)
    await store.open()
    try:
        yield store
    finally:
        async with asyncio.timeout(30):
            await store.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def test_a_database_that_vanishes_without_closing_its_sockets_holds_nobody(postgres_url: str) -> None:
    """A dead machine or a dropped firewall state: ten connections waited for good, and every request was refused."""
    async with silent_proxy(postgres_url) as (proxy, url), store_over(url) as store:
        await asyncio.gather(*(add(store, f"before {n}") for n in range(10)))
        proxy.fall_silent()

        async with asyncio.timeout(60):
            lost = await asyncio.gather(*(add(store, f"lost {n}") for n in range(10)), return_exceptions=True)
        assert {type(each) for each in lost} == {Unavailable}
        assert "did not answer in time" in str(lost[0])

        assert await add(store, "after") == 1


async def test_the_first_that_meets_it_spares_the_others_the_wait(postgres_url: str) -> None:
    """Each of the idle connections would cost somebody the whole limit, one after the other."""
    async with silent_proxy(postgres_url) as (proxy, url), store_over(url) as store:
        await asyncio.gather(*(add(store, f"before {n}") for n in range(10)))
        proxy.fall_silent()

        with pytest.raises(Unavailable):
            await add(store, "the first")

        assert [await add(store, f"next {n}") for n in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("last_words", [b"BEGIN", b"INSERT INTO athena_outbox", b"COMMIT"])
async def test_silence_at_any_word_is_bounded(postgres_url: str, last_words: bytes) -> None:
    async with silent_proxy(postgres_url) as (proxy, url), store_over(url) as store:
        proxy.silent_at = last_words
        async with asyncio.timeout(60):
            with pytest.raises(Unavailable, match="in time"):
                await add(store, "lost")

        proxy.silent_at = None
        assert await add(store, "after") == 1


async def test_silence_at_a_rollback_is_bounded(postgres_url: str) -> None:
    async def fail(_tx: Tx) -> None:
        raise ZeroDivisionError

    async with silent_proxy(postgres_url) as (proxy, url), store_over(url) as store:
        proxy.silent_at = b"ROLLBACK"
        async with asyncio.timeout(60):
            with pytest.raises(Unavailable, match="in time"):
                await store.transact(fail)
        assert await add(store, "after") == 1


async def test_a_stop_does_not_wait_for_a_database_that_has_vanished(postgres_url: str) -> None:
    async with silent_proxy(postgres_url) as (proxy, url):
        store = PostgresStore(url, QUICK)
        await store.open()
        await asyncio.gather(*(add(store, f"before {n}") for n in range(10)))
        proxy.fall_silent()

        async with asyncio.timeout(15):
            await store.close()


async def test_a_start_does_not_wait_for_one_either(postgres_url: str) -> None:
    async with silent_proxy(postgres_url) as (proxy, url):
        proxy.silent_at = b"user"  # in the first message of all
        async with asyncio.timeout(30):
            with pytest.raises(Unavailable, match="in time"):
                await PostgresStore(url, QUICK).open()


@pytest.mark.parametrize("sqlstate", ADVICE)
async def test_an_outage_says_what_to_do_and_its_connection_is_not_lent_again(
    postgres_url: str, sqlstate: str
) -> None:
    async with store_over(postgres_url) as store:
        before = await pid(store)
        await execute(postgres_url, FAIL_WITH.format(sqlstate=sqlstate))

        with pytest.raises(Unavailable, match=sqlstate) as outage:
            await add(store, "refused")

        assert ADVICE[sqlstate] in str(outage.value)
        assert outage.value.retry_after > 0
        assert await pid(store) != before


async def test_an_error_of_ours_is_no_outage(postgres_url: str) -> None:
    """A division by zero in a statement is a fault to be found, and would hide among outages."""
    async with store_over(postgres_url) as store:
        await execute(postgres_url, FAIL_WITH.format(sqlstate="22012"))
        with pytest.raises(asyncpg.DivisionByZeroError):
            await add(store, "refused")


async def test_a_lock_is_waited_for_as_long_as_the_setting_says(postgres_url: str) -> None:
    """Ten seconds were longer than any client waits: its retry then met the first request's own lock."""
    other = await asyncpg.connect(postgres_url)
    async with store_over(postgres_url) as store:
        before = await pid(store)
        async with other.transaction():
            await other.execute("LOCK TABLE athena_outbox")

            with pytest.raises(Unavailable, match="ATHENA_LOCK_TIMEOUT"):
                await add(store, "too early")

        assert await add(store, "free again") == 1
        assert await pid(store) == before, "the database has answered: the connection is as good as before"
    await other.close()


async def test_a_migration_under_a_serving_process_is_not_noticed(postgres_url: str) -> None:
    """A column that is added changes what prepared statements return, and the first request after it failed."""

    async def look(tx: Tx) -> int:
        return len(await tx.fetch_all(ALL))

    async with store_over(postgres_url) as store:
        await add(store, "a")
        assert await store.transact(look) == 1
        await execute(postgres_url, "ALTER TABLE athena_outbox ADD COLUMN more text")
        assert await store.transact(look) == 1
        assert len(await store.fetch_all(ALL)) == 1
