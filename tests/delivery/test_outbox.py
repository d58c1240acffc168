"""The outbox: a message is stored exactly if its event was committed, and survives a crash."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.store.address import store_at
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx
from support.clock import FakeClock
from support.mailbox import Mailbox

KEYRING = Keyring({1: b"a secret of more than thirty-two bytes"})
ROWS = Statement("SELECT COUNT(*) AS rows FROM athena_outbox")
LEASE = 31
SENDERS = 4
"""Mails that may be under way when their lease ends; those can go out twice, and no others."""


@pytest_asyncio.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = store_at(database_url)
    await opened.open()
    yield opened
    await opened.close()


def message(clock: FakeClock, valid_for: int = 180) -> Message:
    return Message(
        kind=MessageKind.TWO_FACTOR_OTP,
        to="ada@example.com",
        name="Ada",
        app_name="Athena",
        code="123456",
        valid_for=valid_for,
        expires_at=after(clock.now(), valid_for),
    )


async def post(store: Store, clock: FakeClock, valid_for: int = 180, keyring: Keyring = KEYRING) -> None:
    """Post a message in a process that dies before it is sent."""
    dead = Outbox(store, clock, keyring, Mailbox())

    async def work(tx: Tx) -> None:
        dead.post(tx, message(clock, valid_for), Millis(clock.now()))

    await store.transact(work)


async def rows(store: Store) -> int:
    async def work(tx: Tx) -> int:
        row = await tx.fetch_one(ROWS)
        assert row is not None
        return int(row["rows"])

    return await store.read(work)


async def settles(store: Store, expected: int) -> bool:
    for _ in range(750):
        if await rows(store) == expected:
            return True
        await asyncio.sleep(0.02)
    return False


async def test_what_a_dead_process_left_is_sent_by_another(store: Store) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    await post(store, clock)
    survivor = Outbox(store, clock, KEYRING, mailbox, poll=0.02)
    survivor.start()
    await asyncio.sleep(0.1)
    assert mailbox.messages == [], "the lease of the dead process still runs"

    clock.advance(LEASE)

    assert await mailbox.code_for("ada@example.com") == "123456"
    assert await settles(store, 0)
    await survivor.stop()


async def test_two_processes_send_a_leftover_once(store: Store) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    await post(store, clock)
    clock.advance(LEASE)
    outboxes = [Outbox(store, clock, KEYRING, mailbox, poll=0.02) for _ in range(4)]
    for outbox in outboxes:
        outbox.start()

    assert await settles(store, 0)

    assert len(mailbox.messages) == 1
    for outbox in outboxes:
        await outbox.stop()


async def test_a_mail_that_fails_for_now_is_tried_again_later(store: Store) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    mailbox.out_of_order = True
    outbox = Outbox(store, clock, KEYRING, mailbox, poll=0.02)
    outbox.start()
    await post(store, clock)
    clock.advance(LEASE)
    await mailbox.refused_code()
    assert await rows(store) == 1

    mailbox.out_of_order = False
    clock.advance(60)

    assert await mailbox.code_for("ada@example.com") == "123456"
    assert await settles(store, 0)
    await outbox.stop()


async def test_a_code_that_is_no_longer_valid_is_not_sent(store: Store) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    outbox = Outbox(store, clock, KEYRING, mailbox, poll=0.02)
    await post(store, clock, valid_for=20)
    clock.advance(LEASE)
    outbox.start()

    assert await settles(store, 0)

    assert mailbox.messages == []
    await outbox.stop()


async def test_a_mail_of_a_use_case_that_failed_does_not_exist(store: Store) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    outbox = Outbox(store, clock, KEYRING, mailbox)

    async def work(tx: Tx) -> None:
        outbox.post(tx, message(clock), Millis(clock.now()))
        raise ZeroDivisionError

    try:
        await store.transact(work)
    except ZeroDivisionError:
        assert await rows(store) == 0
    else:
        raise AssertionError("the failure was swallowed")


async def test_a_mail_that_can_never_arrive_is_given_up(store: Store) -> None:
    clock, mailbox = FakeClock(), Mailbox()
    mailbox.out_of_order = mailbox.for_good = True
    outbox = Outbox(store, clock, KEYRING, mailbox, poll=0.02)
    await post(store, clock)
    clock.advance(LEASE)
    outbox.start()

    assert await settles(store, 0)

    assert len(mailbox.refused) == 1
    await outbox.stop()


async def test_one_mail_that_breaks_the_transport_does_not_stop_the_others(store: Store) -> None:
    """An exception nobody foresaw ended the sender that met it, and after four such mails all sending."""
    clock, mailbox = FakeClock(), Mailbox()
    outbox = Outbox(store, clock, KEYRING, mailbox, poll=0.02)
    outbox.start()
    mailbox.broken = True
    for _ in range(8):
        await post(store, clock)
    clock.advance(LEASE)
    await asyncio.sleep(0.3)
    mailbox.broken = False
    clock.advance(LEASE)

    assert await settles(store, 0)

    assert len(mailbox.messages) == 8
    await outbox.stop()


async def test_a_row_nobody_can_read_goes_when_it_has_expired(store: Store) -> None:
    """Sealed with a secret that is no longer configured: it must not come round for ever."""
    clock = FakeClock()
    await post(store, clock, keyring=Keyring({9: b"another secret of thirty-two bytes"}))
    outbox = Outbox(store, clock, KEYRING, Mailbox(), poll=0.02)
    outbox.start()
    clock.advance(LEASE)
    await asyncio.sleep(0.1)
    assert await rows(store) == 1
    clock.advance(180)

    assert await settles(store, 0)
    await outbox.stop()


async def test_mail_that_waited_longer_than_its_lease_is_sent_once(store: Store) -> None:
    """A slow mail server: what waits in memory was adopted again by its own process, and sent twice."""
    clock, mailbox = FakeClock(), Mailbox()
    mailbox.hold()
    outbox = Outbox(store, clock, KEYRING, mailbox, poll=0.02)
    outbox.start()

    async def work(tx: Tx) -> None:
        outbox.post(tx, message(clock), clock.now())

    for _ in range(12):
        await store.transact(work)
    await asyncio.sleep(0.1)
    clock.advance(LEASE)
    await asyncio.sleep(0.2)
    mailbox.release()

    assert await settles(store, 0)

    assert len(mailbox.messages) <= 12 + SENDERS
    await outbox.stop()


async def test_it_says_whether_it_is_at_work(store: Store) -> None:
    outbox = Outbox(store, FakeClock(), KEYRING, Mailbox())
    before = outbox.is_at_work
    outbox.start()
    meanwhile = outbox.is_at_work
    await outbox.stop()
    assert (before, meanwhile, outbox.is_at_work) == (False, True, False)
