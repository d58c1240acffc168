"""Sends mail by SMTP (RFC 5321, submission RFC 6409)."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from typing import Self

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from athena_auth.delivery.dialogue import Report, ReportingSmtp
from athena_auth.delivery.mime import Sender, SenderError, compose, compose_text, is_mailbox, parse_sender
from athena_auth.delivery.model import DeliveryFailed, Message
from athena_auth.delivery.refusal import Step, classify_refusal
from athena_auth.delivery.smtp_server import SmtpServer, TlsMode, parse_smtp_url
from athena_auth.languages import Languages

_TIMEOUT = 10.0


class SmtpTransport:
    """Sends each message over a new connection.

    Args:
        server: The mail server.
        sender: The sender of all mail.
        ehlo_name: This machine's name in EHLO; by default its fully qualified name.
        languages: The languages of the messages; by default those that come with the server.
        timeout: Seconds for one delivery, from the first packet to the server's acceptance.

    Raises:
        ValueError: `server.ca` is not a readable file of PEM certificates.
    """

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        *,
        ehlo_name: str | None = None,
        languages: Languages | None = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        self._server = server
        self._sender = sender
        self._ehlo_name = ehlo_name
        self._languages = languages or Languages.load()
        self._timeout = timeout
        self._tls_context = _tls_context(server.ca)

    @classmethod
    def from_url(
        cls,
        url: str,
        sender: str | None,
        ehlo_name: str | None = None,
        languages: Languages | None = None,
    ) -> Self:
        """Create a transport. Without `sender`, the URL's user is the sender if it is an address.

        Raises:
            SenderError: The sender is missing or cannot be used.
            ValueError: The URL cannot be used.
        """
        server = parse_smtp_url(url)
        address = sender or server.user
        if not address or (sender is None and not is_mailbox(address)):
            raise SenderError("mail by SMTP needs a sender, such as Athena <no-reply@example.com>.")
        return cls(server, parse_sender(address), ehlo_name=ehlo_name, languages=languages)

    def __repr__(self) -> str:
        return f"SmtpTransport({self._server.host}:{self._server.port}, {self._server.tls})"

    async def send(self, message: Message) -> None:
        """Return once the server has taken responsibility for the message.

        Raises:
            DeliveryFailed: Permanent if this recipient can never get it; see `refusal`. Every other failure is
                temporary: an operator can fix it, and a typo in the settings must not empty the outbox.
        """
        language = self._languages.of(message.language)
        # In a thread: the first mail in a language reads that language's data, which takes a tenth of a second.
        mail = await asyncio.to_thread(compose, message, self._sender, language)
        await self._submit(mail, SMTP)

    async def send_test(self, to: str, subject: str, text: str, report: Report) -> None:
        """Send a plain-text mail, and report the dialogue with the mail server line by line.

        Raises:
            DeliveryFailed: It was not accepted.
        """
        mail = compose_text(to, self._sender, subject, text)
        await self._submit(mail, partial(ReportingSmtp, report))

    async def close(self) -> None:
        """Do nothing: each connection is closed after its message."""

    async def _submit(self, mail: EmailMessage, connection: Callable[..., SMTP]) -> None:
        client = connection(
            hostname=self._server.host,
            port=self._server.port,
            local_hostname=self._ehlo_name,
            use_tls=self._server.tls is TlsMode.IMPLICIT,
            start_tls=False,
            tls_context=self._tls_context,
            timeout=self._timeout,
        )
        try:
            async with asyncio.timeout(self._timeout):
                await self._connect(client)
                await client.send_message(mail, sender=self._sender.address, recipients=[str(mail["To"])])
            # The server has accepted the message: a QUIT that fails must not make the outbox send it again.
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()
        except (SMTPException, OSError) as error:
            raise _failure(error) from None  # the server's text contains the address
        finally:
            client.close()

    async def _connect(self, client: SMTP) -> None:
        await client.connect()
        if self._server.tls is TlsMode.STARTTLS:
            await client.ehlo()
            if not client.supports_extension("starttls"):
                raise DeliveryFailed(
                    "the mail server offers no STARTTLS, and without it codes would be sent unencrypted: "
                    "use smtps://, or add ?starttls=off to ATHENA_MAIL_URL if the network is trusted",
                    permanent=False,
                )
            await client.starttls()
        if self._server.user is not None:
            await client.ehlo()
            if not client.supported_auth_methods:
                raise DeliveryFailed(
                    "the mail server offers no supported login (CRAM-MD5, PLAIN, LOGIN): use smtps:// or STARTTLS, "
                    "or remove the user name from ATHENA_MAIL_URL",
                    permanent=False,
                )
            await client.login(self._server.user, self._server.password or "")


def _tls_context(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError:
        raise ValueError("the ca file of the mail URL is not a readable file of PEM certificates.") from None


def _failure(error: SMTPException | OSError) -> DeliveryFailed:
    """Describe an error without the server's text."""
    if isinstance(error, SMTPRecipientsRefused):
        refused = error.recipients[0]
        return classify_refusal(Step.RECIPIENT, refused.code, refused.message)
    if isinstance(error, SMTPResponseException):
        return classify_refusal(_refused_step(error), error.code, error.message)
    if isinstance(error, SMTPNotSupported):
        # Only a recipient can need SMTPUTF8: the sender is in ASCII.
        return DeliveryFailed(
            "the mail server does not accept international addresses (SMTPUTF8): "
            "the account owner must change the address",
            permanent=True,
        )
    return DeliveryFailed(_outage(error), permanent=False)


def _refused_step(error: SMTPResponseException) -> Step:
    steps = {
        SMTPHeloError: Step.EHLO,
        SMTPAuthenticationError: Step.LOGIN,
        SMTPSenderRefused: Step.SENDER,
        SMTPDataError: Step.MESSAGE,
    }
    return steps.get(type(error), Step.SESSION)


def _outage(error: SMTPException | OSError) -> str:
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time: check the host and the port in ATHENA_MAIL_URL, and firewalls"
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    ):
        return (
            "the mail server's certificate is not trusted or is not for this host name: "
            "check the host in ATHENA_MAIL_URL, or add its certificate authority with ?ca="
        )
    return (
        f"could not talk to the mail server ({type(error).__name__}): "
        "check the host, the port, and smtp:// or smtps:// in ATHENA_MAIL_URL"
    )
