"""Expired rows are deleted in batches, by one process at a time; live rows stay."""

import asyncio
from typing import Any

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.log import observe
from athena_auth.store.address import store_at
from athena_auth.store.statement import Statement
from athena_auth.store.sweeper import Sweep, Sweeper
from athena_auth.store.transaction import Store, Tx, UniqueViolation
from support.clock import FakeClock
from support.dump import dump
from support.person import Person
from support.process import PATIENCE
from support.world import World

FILL = Statement("""
    INSERT INTO athena_outbox (id, sealed_message, tries, due_at, expires_at) VALUES (:id, :blob, 0, 0, :expires_at)
""")
SWEEP = Statement("""
    DELETE FROM athena_outbox WHERE id IN
    (SELECT id FROM athena_outbox WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


async def test_what_has_expired_is_deleted_and_what_lives_stays(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    await world.mailbox.code_for(ada.email)
    before = len((await dump(world.database_url)).splitlines())

    world.clock.advance(600)
    await world.sweep()
    after_ten_minutes = len((await dump(world.database_url)).splitlines())
    assert after_ten_minutes < before
    assert "user" in (await ada.sign_in(browser)).json()

    world.clock.advance(40 * 86_400)
    await world.sweep()
    stolen = await dump(world.database_url)
    assert ada.email in stolen
    assert len(stolen.splitlines()) < after_ten_minutes
    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True


async def fill(store: Store, rows: int) -> None:
    async def work(tx: Tx) -> None:
        for number in range(rows):
            await tx.execute(FILL, id=f"{number:032d}", blob=b"", expires_at=number)

    await store.transact(work)


async def test_many_rows_go_in_batches_and_only_one_process_sweeps(database_url: str) -> None:
    store = store_at(database_url)
    await store.open()
    await fill(store, 1200)
    clock = FakeClock()
    sweepers = [Sweeper(store, clock, (Sweep(SWEEP),)) for _ in range(3)]

    deleted = await asyncio.gather(*[sweeper.sweep() for sweeper in sweepers])

    assert sorted(deleted) == [0, 0, 1200]
    assert await sweepers[0].sweep() == 0
    clock.advance(31)
    await fill(store, 1)
    assert await sweepers[1].sweep() == 1
    await store.close()


async def test_it_sweeps_by_itself_from_start_to_stop(database_url: str) -> None:
    store = store_at(database_url)
    await store.open()
    await fill(store, 3)
    sweeper = Sweeper(store, FakeClock(), (Sweep(SWEEP),), interval=0.02)
    sweeper.start()

    for _ in range(750):
        await asyncio.sleep(0.02)
        if not await left(store):
            break

    assert await left(store) == 0
    await sweeper.stop()
    await store.close()


async def left(store: Store) -> int:
    async def work(tx: Tx) -> int:
        row = await tx.fetch_one(Statement("SELECT COUNT(*) AS rows FROM athena_outbox"))
        return 0 if row is None else int(row["rows"])

    return await store.read(work)


async def test_what_fails_keeps_nothing_else_from_running_and_does_not_log_what_it_was_about(
    world: World,
) -> None:
    """The text of a database's error may quote a row."""
    ran: list[bool] = []
    seen: list[tuple[str, str, dict[str, Any]]] = []

    async def failing() -> int:
        raise UniqueViolation("(email)=(ada@example.com)")

    async def running() -> int:
        ran.append(True)
        return 0

    observe(lambda level, event, facts: seen.append((level, event, dict(facts))))
    store = store_at(world.database_url)
    await store.open()
    sweeper = Sweeper(store, world.clock, (), jobs=(failing, running), reports=(failing, running))
    await sweeper.sweep()
    await store.close()

    assert ran == [True, True]
    assert seen == [("error", "sweep.crashed", {"error": "UniqueViolation"})] * 2


async def test_a_sweep_that_fails_is_repeated(database_url: str) -> None:
    """Nothing would restart the sweeper: what has expired would stay in the database until the server is restarted."""
    store, clock, swept = store_at(database_url), FakeClock(), asyncio.Event()
    await store.open()
    begun: list[Millis] = []

    def cutoff(now: Millis) -> Millis:
        clock.advance(1)  # past the lease
        begun.append(now)
        if len(begun) == 1:
            raise UniqueViolation
        swept.set()
        return now

    sweeper = Sweeper(store, clock, (Sweep(SWEEP, cutoff),), interval=0.01)
    sweeper.start()
    await asyncio.wait_for(swept.wait(), PATIENCE)
    await sweeper.stop()
    await store.close()
