"""What both stores promise."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.address import store_at
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import OwnerGone, Store, StoreLimits, Tx, UniqueViolation
from support.collisions import CollidingWrites, collisions_allowed
from support.process import PATIENCE

ADD = Statement("""
    INSERT INTO athena_outbox (id, sealed_message, tries, due_at, expires_at) VALUES (:id, :blob, 0, 0, 0)
""")
CHALLENGE_OF_NOBODY = Statement("""
    INSERT INTO athena_challenge (token_digest, user_id, tries, persistent, created_at, expires_at)
    VALUES (:digest, 'nobody', 0, false, 0, 0)
""")
COUNT = Statement("SELECT COUNT(*) AS rows FROM athena_outbox")
BUMP = Statement(
    "UPDATE athena_outbox SET tries = tries + 1 WHERE id = :id AND tries < :most RETURNING tries"
)

DEFERRED_ADD = Statement(ADD.sqlite, combinable=True)
DEFERRED_BUMP = Statement("UPDATE athena_outbox SET tries = tries + 1 WHERE id = :id", combinable=True)
DEFERRED_RESET = Statement("UPDATE athena_outbox SET tries = 0 WHERE id = :id")
TRIES = Statement("SELECT tries FROM athena_outbox WHERE id = :id")


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = store_at(database_url)
    await opened.open()
    yield opened
    await opened.close()


async def add(tx: Tx, name: str) -> None:
    assert await tx.execute(ADD, id=name, blob=b"\x00\xff") == 1


async def count(store: Store) -> int:
    async def work(tx: Tx) -> int:
        (row,) = await tx.fetch_all(COUNT)
        return int(row["rows"])

    return await store.read(work)


async def test_what_returns_is_committed(store: Store) -> None:
    async def work(tx: Tx) -> str:
        await add(tx, "a")
        return "done"

    assert await store.transact(work) == "done"
    assert await count(store) == 1


async def test_what_raises_never_happened(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await add(tx, "a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.transact(work)
    assert await count(store) == 0


async def test_a_row_that_is_there_already_is_told_apart(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await add(tx, "a")

    await store.transact(work)
    with pytest.raises(UniqueViolation):
        await store.transact(work)
    assert await count(store) == 1


async def test_one_failure_among_many_takes_nobody_along(store: Store) -> None:
    """Transactions that are committed together (SQLite) must still fail one by one."""

    async def work(tx: Tx, name: str, fails: bool) -> None:
        await add(tx, name)
        if fails:
            raise ZeroDivisionError

    results = await asyncio.gather(
        *[store.transact(lambda tx, n=n: work(tx, f"row {n}", n % 5 == 0)) for n in range(50)],  # type: ignore[misc]  # a default binds the loop's n
        return_exceptions=True,
    )

    assert [isinstance(result, ZeroDivisionError) for result in results] == [n % 5 == 0 for n in range(50)]
    assert await count(store) == 40


async def test_a_guarded_write_is_decided_by_its_row_count(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await add(tx, "a")

    async def bump(tx: Tx) -> int | None:
        row = await tx.fetch_one(BUMP, id="a", most=3)
        return None if row is None else int(row["tries"])

    await store.transact(work)
    results = await asyncio.gather(*[store.transact(bump) for _ in range(20)])

    assert sorted(result for result in results if result is not None) == [1, 2, 3]


async def test_deferred_writes_run_with_the_commit_in_the_order_of_the_calls(store: Store) -> None:
    async def work(tx: Tx) -> int:
        await add(tx, "a")
        tx.defer(DEFERRED_BUMP, id="a")
        tx.defer(DEFERRED_ADD, id="b", blob=b"")
        (row,) = await tx.fetch_all(TRIES, id="a")
        return int(row["tries"])

    assert await store.transact(work) == 0, "reads of the transaction do not see it"
    assert await count(store) == 2
    row = await store.fetch_one(TRIES, id="a")
    assert row is not None
    assert row["tries"] == 1


async def test_two_deferred_changes_of_one_row_are_both_applied(store: Store) -> None:
    """In one WITH, PostgreSQL would apply the first only. When serving, the second costs a round trip instead."""

    async def work(tx: Tx) -> None:
        await add(tx, "a")
        tx.defer(DEFERRED_RESET, id="a")
        tx.defer(DEFERRED_BUMP, id="a")

    with collisions_allowed():
        await store.transact(work)

    row = await store.fetch_one(TRIES, id="a")
    assert row is not None
    assert row["tries"] == 1


async def test_tests_refuse_what_would_cost_that_round_trip(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await add(tx, "a")
        tx.defer(DEFERRED_BUMP, id="a")
        tx.defer(DEFERRED_RESET, id="a")

    with pytest.raises(
        CollidingWrites, match=r"test_store\.DEFERRED_BUMP .* and .*test_store\.DEFERRED_RESET "
    ):
        await store.transact(work)
    assert await count(store) == 0


async def test_a_write_that_is_not_combinable_collides_with_itself(store: Store) -> None:
    async def work(tx: Tx) -> None:
        tx.defer(DEFERRED_RESET, id="a")
        tx.defer(DEFERRED_RESET, id="b")

    with pytest.raises(CollidingWrites):
        await store.transact(work)


async def test_deferred_writes_are_dropped_when_the_work_raises(store: Store) -> None:
    async def work(tx: Tx) -> None:
        tx.defer(ADD, id="a", blob=b"")
        raise ZeroDivisionError

    with contextlib.suppress(ZeroDivisionError):
        await store.transact(work)
    assert await count(store) == 0


async def test_a_deferred_write_that_fails_rolls_the_transaction_back(store: Store) -> None:
    done = []

    async def work(tx: Tx) -> None:
        tx.on_commit(lambda: done.append("told"))
        await add(tx, "a")
        tx.defer(ADD, id="a", blob=b"")

    with pytest.raises(UniqueViolation):
        await store.transact(work)
    assert await count(store) == 0
    assert done == [], "nothing was committed"


async def test_what_waits_for_the_commit_is_done_on_the_loop_even_for_a_caller_who_has_left(
    store: Store,
) -> None:
    done: list[asyncio.AbstractEventLoop] = []

    async def work(tx: Tx) -> None:
        await add(tx, "a")
        tx.on_commit(lambda: done.append(asyncio.get_running_loop()))

    await store.transact(work)
    assert done == [asyncio.get_running_loop()]


async def test_on_sqlite_reads_have_a_connection_that_refuses_to_write(sqlite_url: str) -> None:
    store = store_at(sqlite_url)
    await store.open()

    async def work(tx: Tx) -> None:
        await add(tx, "a")

    with pytest.raises(Unavailable):
        await store.read(work)
    await store.close()


async def test_work_that_waits_for_something_else_is_refused(sqlite_url: str) -> None:
    """A transaction that awaited a mail server would hold everybody up (I10)."""
    store = store_at(sqlite_url)
    await store.open()

    async def work(tx: Tx) -> None:
        await add(tx, "a")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="other than its tx"):
        await store.transact(work)
    assert await count(store) == 0
    await store.close()


async def test_a_missing_database_is_an_outage_not_a_crash(tmp_path: object) -> None:
    for url in ("postgresql://nobody@127.0.0.1:1/none", "sqlite:////proc/none/athena.db"):
        with pytest.raises(Unavailable):
            await store_at(url).open()


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://x", "athena.db"]
)
def test_an_address_of_no_use_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"looks like|is sqlite:///"):
        store_at(url)


def test_statements_are_translated_for_both() -> None:
    statement = Statement("SELECT :a, :b, :a::bigint FROM t\n  WHERE x = :b")

    assert statement.sqlite == "SELECT :a, :b, :a::bigint FROM t WHERE x = :b"
    assert statement.postgres == "SELECT $1, $2, $1::bigint FROM t WHERE x = $2"
    assert statement.names == ("a", "b")


async def test_a_caller_whose_loop_is_gone_does_not_stop_the_writer(sqlite_url: str) -> None:
    store = store_at(sqlite_url)
    await store.open()

    def leave() -> None:
        loop = asyncio.new_event_loop()
        task = loop.create_task(store.transact(lambda tx: add(tx, "left behind")))
        loop.run_until_complete(asyncio.sleep(0))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    await asyncio.to_thread(leave)

    await store.transact(lambda tx: add(tx, "next"))
    assert await count(store) == 2
    await store.close()
    with pytest.raises(Unavailable):
        await store.transact(lambda tx: add(tx, "too late"))


async def test_while_another_process_holds_the_file_nobody_waits_twice(sqlite_url: str) -> None:
    """Requests queued behind a held file would wait as long again for each group before them (I10)."""
    store = store_at(sqlite_url, StoreLimits(lock_timeout=0.5))
    await store.open()
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    waiting = [asyncio.create_task(store.transact(lambda tx, n=n: add(tx, str(n)))) for n in range(2400)]  # type: ignore[misc]  # a default binds the loop's n
    # In groups of 64, each of which would wait half a second: 19 in all.
    results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), timeout=PATIENCE)

    assert all(isinstance(result, Unavailable) for result in results)
    other.execute("ROLLBACK")
    other.close()
    await store.transact(lambda tx: add(tx, "free again"))
    await store.close()


async def test_a_write_for_an_account_that_is_gone_is_told_apart(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await tx.execute(CHALLENGE_OF_NOBODY, digest=b"x")

    with pytest.raises(OwnerGone):
        await store.transact(work)
