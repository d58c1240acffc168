"""Mail handed to a server by SMTP (RFC 5321, submission RFC 6409)."""

import asyncio
import contextlib
import ssl
from typing import Self

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.mime import Sender, SenderError, compose, is_mailbox, parse_sender
from athena_auth.delivery.model import Message
from athena_auth.delivery.relay import Relay, TlsMode, parse_relay

_TIMEOUT = 10.0
_FIRST_PERMANENT_REPLY = 500


class SmtpTransport:
    """Sends each message over a connection of its own.

    Args:
        relay: The server to hand mail to.
        sender: Whom it comes from.
        ehlo_name: What this machine calls itself in EHLO; by default its own full name.
        timeout: Seconds one delivery may take from the first packet to the server's acceptance.

    Raises:
        ValueError: `relay.ca` is not a readable file of PEM certificates.
    """

    def __init__(
        self, relay: Relay, sender: Sender, *, ehlo_name: str | None = None, timeout: float = _TIMEOUT
    ) -> None:
        self._relay = relay
        self._sender = sender
        self._ehlo_name = ehlo_name
        self._timeout = timeout
        self._trust = _trust(relay.ca)

    @classmethod
    def from_url(cls, url: str, sender: str | None, ehlo_name: str | None = None) -> Self:
        """Open a transport; without a sender, a user that is an address is the sender.

        Raises:
            SenderError: The sender cannot be used, or there is none.
            ValueError: The URL cannot be used.
        """
        relay = parse_relay(url)
        address = sender or relay.user
        if not address or (sender is None and not is_mailbox(address)):
            raise SenderError("mail by SMTP needs a sender, such as Athena <no-reply@example.com>.")
        return cls(relay, parse_sender(address), ehlo_name=ehlo_name)

    def __repr__(self) -> str:
        return f"SmtpTransport({self._relay.host}:{self._relay.port}, {self._relay.tls})"

    async def send(self, message: Message) -> None:
        """Return once the server has taken responsibility for the message.

        Raises:
            DeliveryFailed: Permanent when the recipient or the content was refused for good (5yz). A server
                that cannot be reached, trusted or logged in to, or that refuses the sender, is temporary: an
                operator can repair it, and until then a typo in the settings must not empty the outbox.
        """
        mail = compose(message, self._sender)
        client = self._client()
        try:
            async with asyncio.timeout(self._timeout):
                await self._connect(client)
                await client.send_message(mail, sender=self._sender.address, recipients=[str(mail["To"])])
            # Accepted is accepted: a farewell that fails must not make the outbox send the message twice.
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()
        except (SMTPException, OSError) as error:
            raise _failure(error) from None  # the server's words echo the address
        finally:
            client.close()

    async def close(self) -> None:
        """Do nothing: no connection outlives its message."""

    def _client(self) -> SMTP:
        return SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            local_hostname=self._ehlo_name,
            use_tls=self._relay.tls is TlsMode.IMPLICIT,
            start_tls=False,
            tls_context=self._trust,
            timeout=self._timeout,
        )

    async def _connect(self, client: SMTP) -> None:
        await client.connect()
        if self._relay.tls is TlsMode.STARTTLS:
            await client.ehlo()
            if not client.supports_extension("starttls"):
                raise DeliveryFailed(
                    "the mail server offers no STARTTLS, without which codes would travel in the clear",
                    permanent=False,
                )
            await client.starttls()
        if self._relay.user is not None:
            await client.login(self._relay.user, self._relay.password or "")


def _trust(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError:
        raise ValueError("the ca file of the mail URL is not a readable file of PEM certificates.") from None


def _failure(error: SMTPException | OSError) -> DeliveryFailed:
    """Say what happened without the server's words."""
    if isinstance(error, SMTPRecipientsRefused):
        return _refusal("the recipient", error.recipients[0].code)
    if isinstance(error, SMTPDataError):
        return _refusal("the message", error.code)
    if isinstance(error, SMTPNotSupported):
        return DeliveryFailed("the mail server does not take internationalised addresses", permanent=True)
    return DeliveryFailed(_temporary_reason(error), permanent=False)


def _refusal(what: str, code: int) -> DeliveryFailed:
    return DeliveryFailed(
        f"the mail server refused {what} ({code})", permanent=code >= _FIRST_PERMANENT_REPLY
    )


def _temporary_reason(error: SMTPException | OSError) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return f"the mail server refused the user name or the password ({error.code})"
    if isinstance(error, SMTPResponseException):
        return f"the mail server is not serving us ({error.code})"
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    ):
        return "the mail server's certificate is not trusted or is not for this host name"
    return f"could not talk to the mail server ({type(error).__name__})"
