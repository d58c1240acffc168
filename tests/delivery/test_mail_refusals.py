"""Refusals of mail servers: no message is lost if an operator can fix the cause; otherwise it is given up."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.delivery.transport import DeliveryFailed, open_transport
from athena_auth.kernel.clock import Millis, after
from athena_auth.store.address import store_at
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx
from support.clock import FakeClock
from support.messages import CODE, message_of
from support.smtp_script import EHLO, END_OF_MESSAGE, ScriptedServer, scripted

SENDER = "Athena <no-reply@example.org>"
ADA = "ada@example.com"
KEYRING = Keyring({1: b"a secret of more than thirty-two bytes"})
DUE = Statement("SELECT due_at FROM athena_outbox")
LONGEST_PAUSE = 10_000
"""Milliseconds: longer than the first two pauses between attempts, shorter than a lease."""
LOGIN = "ada:hunter2@"

OURS = [
    (
        "RCPT",
        f"554 5.7.1 <{ADA}>: Relay access denied",
        "does not relay for us (554 5.7.1): check the user name",
    ),
    ("RCPT", "550 5.7.1 Unable to relay", "does not relay for us (550 5.7.1)"),
    ("RCPT", "530 5.7.0 Authentication required", "requires a login or TLS first (530 5.7.0)"),
    ("MAIL", "530 5.7.0 Must issue a STARTTLS command first", "requires a login or TLS first (530 5.7.0)"),
    (
        "RCPT",
        "504 5.5.2 <x>: Helo command rejected",
        "(504 5.5.2): check ATHENA_MAIL_EHLO and ATHENA_MAIL_FROM",
    ),
    ("RCPT", "553 5.7.1 Sender address rejected", "refused the sender (553 5.7.1): check ATHENA_MAIL_FROM"),
    ("RCPT", "550 5.1.8 Sender's domain not found", "refused the sender (550 5.1.8)"),
    ("RCPT", "553 5.1.7 Sender's address is malformed", "refused the sender (553 5.1.7)"),
    ("RCPT", "550 5.1.0 Sender address rejected: User unknown", "(550 5.1.0)"),
    (
        "RCPT",
        "550 relay not permitted",
        "(550): look into the mail server's log, and check that it relays for us",
    ),
    ("RCPT", f"550 <{ADA}>: no such user here", "(550)"),
    ("RCPT", "552 5.2.2 Mailbox full", "mailbox is full (552 5.2.2)"),
    ("RCPT", "450 5.1.1 Not now", "(450 5.1.1)"),
    ("RCPT", "451 4.7.1 Greylisted", "does not accept the message now (451 4.7.1)"),
    (
        "RCPT",
        "550-5.1.1 No such user\n550 5.7.1 or you may not know",
        "does not relay for us (550 5.1.1 5.7.1)",
    ),
    ("MAIL", "550 5.1.1 No such user", "refused the sender (550 5.1.1)"),
    ("MAIL", "553 Sender not allowed", "refused the sender (553)"),
    ("DATA", "550 5.7.1 Refused", "policy refused the message (550 5.7.1): check the login"),
    (END_OF_MESSAGE, "554 5.7.1 Looks like spam", "policy refused the message (554 5.7.1)"),
    (END_OF_MESSAGE, "554 Transaction failed", "refused the message or the connection (554)"),
    (END_OF_MESSAGE, "552 5.3.4 Message too big", "(552 5.3.4)"),
    (
        "AUTH",
        "535 5.7.8 Bad credentials",
        "user name or the password (535 5.7.8): check both in ATHENA_MAIL_URL",
    ),
    ("greeting", "554 5.7.1 No service for you", "refused the message or the connection (554 5.7.1)"),
    ("greeting", "HTTP/1.1 400 Bad Request", "answer is not SMTP (-1)"),
]

THEIRS = [
    ("RCPT", f"550 5.1.1 <{ADA}>: No such user", "550 5.1.1"),
    ("RCPT", "550-5.1.1 The account does not exist.\n550 5.1.1 Learn more", "550 5.1.1"),
    ("RCPT", "550 5.1.2 No such domain", "550 5.1.2"),
    ("RCPT", "501 5.1.3 Bad address syntax", "501 5.1.3"),
    ("RCPT", "551 5.1.6 Mailbox has moved", "551 5.1.6"),
    ("RCPT", "556 5.1.10 Domain takes no mail", "556 5.1.10"),
    ("RCPT", "550 5.2.1 Mailbox disabled", "550 5.2.1"),
    (END_OF_MESSAGE, "550 5.1.1 No such user", "550 5.1.1"),
    (END_OF_MESSAGE, "552 5.2.3 Too long for this mailbox", "552 5.2.3"),
]


@pytest_asyncio.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    opened = store_at(sqlite_url)
    await opened.open()
    yield opened
    await opened.close()


@asynccontextmanager
async def posted(store: Store, server: ScriptedServer, clock: FakeClock) -> AsyncIterator[None]:
    """Send Ada a code by this server, and go on trying while this lasts."""
    mail = open_transport(server.url.replace("//", f"//{LOGIN}"), SENDER)
    outbox = Outbox(store, clock, KEYRING, mail, poll=0.02)
    outbox.start()

    async def work(tx: Tx) -> None:
        expires_at = after(clock.now(), 3600)
        outbox.post(tx, message_of(MessageKind.TWO_FACTOR_OTP, expires_at=expires_at), Millis(clock.now()))

    await store.transact(work)
    try:
        yield
    finally:
        await outbox.stop()


async def due_in(store: Store, clock: FakeClock) -> int | None:
    """Return the milliseconds until the message is taken up again; None if it is gone."""

    async def look(tx: Tx) -> int | None:
        row = await tx.fetch_one(DUE)
        return None if row is None else int(row["due_at"]) - clock.now()

    return await store.read(look)


async def wait_until(is_so: Callable[[int | None], bool], store: Store, clock: FakeClock) -> None:
    for _ in range(750):
        if is_so(await due_in(store, clock)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited 15 s for the outbox")


def is_postponed(due: int | None) -> bool:
    """Tell whether a delivery has failed, and the next is sooner than any lease ends."""
    return due is not None and 0 < due <= LONGEST_PAUSE


def is_gone(due: int | None) -> bool:
    return due is None


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if message.startswith("event=mail.failed")]


@pytest.mark.parametrize(("command", "reply", "reason"), OURS)
async def test_what_can_be_repaired_is_kept_counted_and_delivered_after_the_repair(
    store: Store, caplog: pytest.LogCaptureFixture, command: str, reply: str, reason: str
) -> None:
    caplog.set_level(logging.WARNING, "athena_auth")
    clock = FakeClock()
    async with scripted(**{command: reply}) as server, posted(store, server, clock):
        await wait_until(is_postponed, store, clock)
        clock.advance(LONGEST_PAUSE // 1000)
        await wait_until(is_postponed, store, clock)
        assert server.accepted == []

        del server.script[command]
        clock.advance(LONGEST_PAUSE // 1000)
        await wait_until(is_gone, store, clock)

        (accepted,) = server.accepted
    assert CODE in accepted
    first, second = failures(caplog)
    assert reason in first
    assert "permanent=False tries=1" in first
    assert "permanent=False tries=2" in second
    assert ADA not in caplog.text


@pytest.mark.parametrize(("command", "reply", "status"), THEIRS)
async def test_a_recipient_who_can_never_get_it_is_given_up_at_once(
    store: Store, caplog: pytest.LogCaptureFixture, command: str, reply: str, status: str
) -> None:
    caplog.set_level(logging.WARNING, "athena_auth")
    clock = FakeClock()
    async with scripted(**{command: reply}) as server, posted(store, server, clock):
        await wait_until(is_gone, store, clock)
        assert [line.partition(" ")[0] for line in server.commands].count("RCPT") == 1

    (line,) = failures(caplog)
    assert "permanent=True" in line
    assert f"or its mailbox accepts no mail ({status})" in line
    assert ADA not in caplog.text


async def test_a_server_that_refuses_ehlo_and_helo_is_told_another_name() -> None:
    async with scripted(EHLO="550 5.7.1 Unknown", HELO="550 5.7.1 Unknown") as server:
        with pytest.raises(
            DeliveryFailed, match=r"EHLO name \(550 5\.7\.1\): set ATHENA_MAIL_EHLO"
        ) as refused:
            await open_transport(server.url, SENDER).send(message_of(MessageKind.TWO_FACTOR_OTP))
    assert not refused.value.permanent


async def test_a_server_without_a_login_is_not_given_the_password() -> None:
    async with scripted(EHLO=EHLO.replace("AUTH", "XAUTH")) as server:
        transport = open_transport(server.url.replace("//", f"//{LOGIN}"), SENDER)
        with pytest.raises(DeliveryFailed, match=r"offers no supported login .* ATHENA_MAIL_URL") as refused:
            await transport.send(message_of(MessageKind.TWO_FACTOR_OTP))
    assert not refused.value.permanent
    assert not any(command.startswith("AUTH") for command in server.commands)
