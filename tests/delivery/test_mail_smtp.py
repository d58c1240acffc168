"""Sending mail to real SMTP servers on the loopback interface."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd import smtp as smtpd

from athena_auth.delivery.model import EventContext, Message, MessageKind
from athena_auth.delivery.transport import DeliveryFailed, open_transport
from support.certificate import self_signed
from support.messages import CODE, URL, message_of

SENDER = "Athena <no-reply@example.org>"
MESSAGE = message_of(MessageKind.TWO_FACTOR_OTP, name="Zoë 山田")


@dataclass
class Received:
    sender: str
    recipients: list[str]
    encrypted: bool
    mail: EmailMessage


@dataclass
class Handler:
    """What the server keeps of the mails and logins it takes."""

    received: list[Received] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- named by aiosmtpd
        mail = message_from_bytes(envelope.content, policy=SMTPUTF8)
        assert isinstance(mail, EmailMessage)
        encrypted = server.transport.get_extra_info("cipher") is not None
        self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, encrypted, mail))
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> Any:
        self.logins.append((login.login, login.password))
        return smtpd.AuthResult(success=login.password == "p/a:s%s ü".encode(), handled=False)


@contextlib.asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """Run a server on a free port of 127.0.0.1 and yield the port; `tls` is TLS from the first byte."""
    loop = asyncio.get_running_loop()
    options = {"enable_SMTPUTF8": True, "auth_callback": None, "hostname": "localhost", **options}
    server = await loop.create_server(lambda: smtpd.SMTP(handler, **options), "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def deliver(url: str, message: Message = MESSAGE, sender: str | None = SENDER) -> None:
    transport = open_transport(url, sender)
    await transport.send(message)
    await transport.close()


async def failure(url: str, message: Message = MESSAGE) -> DeliveryFailed:
    """Fail to deliver, and return the failure once its whole traceback is known to be discreet."""
    with pytest.raises(DeliveryFailed) as failed:
        await deliver(url, message)
    shown = str(failed.getrepr(style="short"))
    assert CODE not in shown
    assert message.to not in shown
    return failed.value


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key for 127.0.0.1, not for the name localhost."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_a_mail_arrives_with_both_parts_and_the_code_in_each() -> None:
    handler = Handler()
    async with serving(handler) as port:
        await deliver(f"smtp://127.0.0.1:{port}")
    (received,) = handler.received
    assert (received.sender, received.recipients) == ("no-reply@example.org", ["ada@example.com"])
    plain, html = received.mail.iter_parts()
    assert CODE in plain.get_content().splitlines()
    assert CODE in html.get_content()
    assert "Hello Zoë 山田," in plain.get_content()
    assert received.mail["Auto-Submitted"] == "auto-generated"


async def test_a_link_arrives_unbroken_in_both_parts() -> None:
    """Mail folds long lines on its way; half a link opens nothing."""
    handler = Handler()
    async with serving(handler) as port:
        await deliver(f"smtp://127.0.0.1:{port}", message_of(MessageKind.PASSWORD_RESET))
    plain, html = handler.received[0].mail.iter_parts()
    assert URL in plain.get_content().splitlines()
    assert f'href="{escape(URL)}"' in html.get_content()


async def test_news_arrives_with_both_parts_and_no_word_of_the_user_agent() -> None:
    handler = Handler()
    told = EventContext(1_800_000_000_000, "192.0.2.7", "see evil.example Firefox/1\r\n.\r\nMAIL FROM:<eve>")
    async with serving(handler) as port:
        message = message_of(MessageKind.SECOND_FACTOR_REFUSED, context=told, name="Zoë 山田")
        await deliver(f"smtp://127.0.0.1:{port}", message)
    (received,) = handler.received
    assert received.mail["Subject"] == "A sign-in to your Athena account was stopped"
    for part, kind in zip(received.mail.iter_parts(), ("text/plain", "text/html"), strict=True):
        assert part.get_content_type() == kind
        content = part.get_content()
        assert all(expected in content for expected in ("2027-01-15 08:00 UTC", "192.0.2.7", "Zoë 山田"))
        assert "evil" not in content
        assert "MAIL FROM" not in content


async def test_starttls_encrypts_before_the_mail_is_sent(certificate: Path, tls: ssl.SSLContext) -> None:
    handler = Handler()
    async with serving(handler, tls_context=tls, require_starttls=True) as port:
        await deliver(f"smtp://127.0.0.1:{port}?starttls=on&ca={certificate}")
    assert handler.received[0].encrypted


async def test_smtps_is_encrypted_from_the_first_byte(certificate: Path, tls: ssl.SSLContext) -> None:
    handler = Handler()
    async with serving(handler, tls) as port:
        await deliver(f"smtps://127.0.0.1:{port}?ca={certificate}")
    assert handler.received[0].encrypted


async def test_a_stripped_starttls_stops_the_mail_before_the_code_is_sent() -> None:
    """Someone on the wire removes the STARTTLS offer, hoping that the client goes on in the clear."""
    handler = Handler()
    async with serving(handler) as port:
        failed = await failure(f"smtp://ada:hunter2@127.0.0.1:{port}?starttls=on")
    assert not failed.permanent
    assert "STARTTLS" in str(failed)
    assert not handler.received


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
async def test_a_certificate_nobody_vouches_for_stops_the_mail(scheme: str, tls: ssl.SSLContext) -> None:
    handler = Handler()
    implicit = scheme == "smtps"
    async with serving(handler, tls if implicit else None, tls_context=None if implicit else tls) as port:
        failed = await failure(f"{scheme}://127.0.0.1:{port}" + ("" if implicit else "?starttls=on"))
    assert not failed.permanent
    assert "certificate" in str(failed)
    assert not handler.received


async def test_a_trusted_certificate_for_another_name_stops_the_mail(
    certificate: Path, tls: ssl.SSLContext
) -> None:
    handler = Handler()
    async with serving(handler, tls) as port:
        failed = await failure(f"smtps://localhost:{port}?ca={certificate}")
    assert not failed.permanent
    assert "certificate" in str(failed)
    assert not handler.received


async def test_the_user_logs_in_with_percent_decoded_credentials(
    certificate: Path, tls: ssl.SSLContext
) -> None:
    handler = Handler()
    async with serving(
        handler, tls_context=tls, authenticator=handler.authenticate, auth_required=True
    ) as port:
        url = f"smtp://ada%40example.org:p%2Fa%3As%25s%20%C3%BC@127.0.0.1:{port}?starttls=on&ca={certificate}"
        await deliver(url, sender=None)
    assert handler.logins == [(b"ada@example.org", "p/a:s%s ü".encode())]
    assert handler.received[0].sender == "ada@example.org"


async def test_a_wrong_password_keeps_the_message_for_the_repaired_settings(
    tls: ssl.SSLContext, certificate: Path
) -> None:
    handler = Handler()
    async with serving(handler, tls, authenticator=handler.authenticate, auth_require_tls=False) as port:
        failed = await failure(f"smtps://ada:hunter2@127.0.0.1:{port}?ca={certificate}")
    assert not failed.permanent
    assert "password (535 5.7.8): check both in ATHENA_MAIL_URL" in str(failed)
    assert "hunter2" not in str(failed)
    assert not handler.received


async def test_a_farewell_that_fails_does_not_undo_an_accepted_mail() -> None:
    """The outbox sends again what fails; the person would get the same mail twice."""

    class Rude(Handler):
        async def handle_QUIT(self, server: Any, *_: Any) -> str:  # noqa: N802 -- named by aiosmtpd
            server.transport.abort()
            return "221 Bye"

    handler = Rude()
    async with serving(handler) as port:
        await deliver(f"smtp://127.0.0.1:{port}")
    assert len(handler.received) == 1


async def test_an_international_address_travels_as_it_is_written() -> None:
    handler = Handler()
    async with serving(handler) as port:
        await deliver(f"smtp://127.0.0.1:{port}", msgspec.structs.replace(MESSAGE, to="zoë@bücher.example"))
    assert handler.received[0].recipients == ["zoë@bücher.example"]
    assert str(handler.received[0].mail["To"]) == "zoë@bücher.example"


async def test_a_server_without_smtputf8_takes_an_international_domain() -> None:
    handler = Handler()
    async with serving(handler, enable_SMTPUTF8=False) as port:
        message = msgspec.structs.replace(MESSAGE, to="ada@bücher.example")
        await deliver(f"smtp://127.0.0.1:{port}", message, "Athena <no-reply@bücher.example>")
    (received,) = handler.received
    domain = "xn--bcher-kva.example"
    assert (received.sender, received.recipients) == (f"no-reply@{domain}", [f"ada@{domain}"])
    assert received.mail["From"] == f"Athena <no-reply@{domain}>"
    assert received.mail["To"] == f"ada@{domain}"
    assert received.mail["Message-ID"].endswith(f"@{domain}>")


async def test_a_server_without_smtputf8_can_never_take_an_international_local_part() -> None:
    handler = Handler()
    async with serving(handler, enable_SMTPUTF8=False) as port:
        failed = await failure(
            f"smtp://127.0.0.1:{port}", msgspec.structs.replace(MESSAGE, to="zoë@bücher.example")
        )
    assert failed.permanent
    assert not handler.received


@pytest.mark.parametrize(
    "to", ["ada@example.com>\r\nRCPT TO:<eve@example.net", "ada@example.com\r\nBcc: eve@example.net"]
)
async def test_an_address_cannot_carry_an_smtp_command_or_a_header(to: str) -> None:
    handler = Handler()
    async with serving(handler) as port:
        failed = await failure(f"smtp://127.0.0.1:{port}", msgspec.structs.replace(MESSAGE, to=to))
    assert failed.permanent
    assert not handler.received


async def test_one_transport_sends_many_mails_at_once() -> None:
    handler = Handler()
    async with serving(handler) as port:
        transport = open_transport(f"smtp://127.0.0.1:{port}", SENDER)
        codes = [f"{n:06}" for n in range(20)]
        async with asyncio.TaskGroup() as sending:
            for code in codes:
                sending.create_task(transport.send(msgspec.structs.replace(MESSAGE, code=code)))
        await transport.close()
    bodies = [next(received.mail.iter_parts()).get_content() for received in handler.received]
    assert sorted(line for body in bodies for line in body.splitlines() if line.isdigit()) == codes
