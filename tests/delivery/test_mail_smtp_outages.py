"""Mail servers that are down, silent or deliberately slow."""

import asyncio
import contextlib
import socket

import pytest

from athena_auth.delivery.mime import parse_sender
from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.smtp import SmtpTransport
from athena_auth.delivery.smtp_server import SmtpServer, TlsMode
from athena_auth.delivery.transport import DeliveryFailed, open_transport
from support.messages import message_of
from support.process import PATIENCE

SENDER = "Athena <no-reply@example.org>"
MESSAGE = message_of(MessageKind.TWO_FACTOR_OTP)


async def test_a_server_that_is_down_is_a_temporary_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    transport = open_transport(f"smtp://127.0.0.1:{port}", SENDER)
    with pytest.raises(DeliveryFailed, match="SMTPConnectError") as failed:
        await transport.send(MESSAGE)
    assert not failed.value.permanent


async def test_a_server_that_never_speaks_is_a_temporary_failure_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay = SmtpServer("127.0.0.1", silent.getsockname()[1], TlsMode.NONE)
        transport = SmtpTransport(relay, parse_sender(SENDER), timeout=0.2)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(DeliveryFailed, match="in time") as failed:
                await transport.send(MESSAGE)
    assert not failed.value.permanent


async def test_a_server_that_drips_its_answers_cannot_stretch_the_timeout() -> None:
    """A tarpit answers each command just in time; the limit must hold for the delivery as a whole."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            writer.write(b"220 ready\r\n")
            while await reader.readline():
                await asyncio.sleep(0.2)
                writer.write(b"250 OK\r\n")

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as tarpit:
        relay = SmtpServer("127.0.0.1", tarpit.sockets[0].getsockname()[1], TlsMode.NONE)
        transport = SmtpTransport(relay, parse_sender(SENDER), timeout=0.3)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(DeliveryFailed, match="in time"):
                await transport.send(MESSAGE)
