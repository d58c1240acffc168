"""The transports for messages, chosen by the operator's URLs for mail and text messages."""

from typing import Protocol

from athena_auth.delivery.console import ConsoleTransport
from athena_auth.delivery.jsonl import JsonLinesTransport
from athena_auth.delivery.mime import SenderError
from athena_auth.delivery.model import DeliveryFailed, Message
from athena_auth.delivery.smtp import SmtpTransport
from athena_auth.delivery.smtp_server import ACCEPTED
from athena_auth.extras import how_to_install
from athena_auth.languages import Languages

__all__ = [
    "DeliveryFailed",
    "NoTransport",
    "SenderError",
    "Transport",
    "is_delivered",
    "open_text_transport",
    "open_transport",
]

_FOR_DEVELOPERS = frozenset({"console", "file"})


class Transport(Protocol):
    """Delivers messages. It ignores their expiry: the caller drops expired messages first."""

    async def send(self, message: Message) -> None:
        """Return once the message has been delivered to the next system.

        Raises:
            DeliveryFailed: It was not delivered.
        """

    async def close(self) -> None:
        """Release resources; nothing may be sent afterwards."""


def is_delivered(url: str) -> bool:
    """Return whether messages leave this machine; `console:` and `file:` only show them to a developer."""
    return url.partition(":")[0].lower() not in _FOR_DEVELOPERS


def open_transport(
    url: str,
    sender: str | None,
    ehlo_name: str | None = None,
    languages: Languages | None = None,
) -> Transport:
    """Return the transport that `url` names.

    Args:
        url: `console:`, `file:///absolute/path.jsonl`, `file:relative.jsonl`, `smtp://…` or `smtps://…`.
        sender: The sender of mail, such as `Athena <no-reply@example.com>`; used by SMTP only.
        ehlo_name: This machine's name in EHLO; by default its fully qualified name.
        languages: The languages of the messages; by default those that come with the server.

    Raises:
        SenderError: The sender is missing or cannot be used.
        ValueError: The URL cannot be used. The text says what is accepted and contains no password.
    """
    scheme = url.partition(":")[0].lower()
    if url.lower() == "console:":
        return ConsoleTransport(languages or Languages.load())
    if scheme == "file":
        return JsonLinesTransport.from_url(url)
    if scheme in {"smtp", "smtps"}:
        return SmtpTransport.from_url(url, sender, ehlo_name, languages or Languages.load())
    raise ValueError(f"the mail URL must be console:, file:///absolute/path.jsonl, {ACCEPTED}.")


class NoTransport:
    """The transport for text messages if the operator has set no gateway."""

    async def send(self, message: Message) -> None:
        """Fail temporarily. Messages from before the gateway was removed stay in the outbox: it may be set again.

        Raises:
            DeliveryFailed: Always; temporary.
        """
        raise DeliveryFailed(f"no transport is set for messages by {message.channel}", permanent=False)

    async def close(self) -> None:
        """Do nothing."""


def open_text_transport(url: str, host: str, languages: Languages | None = None) -> Transport:
    """Return the transport of text messages that `url` names.

    Args:
        url: `console:`, `file:///absolute/path.jsonl`, or an address of Apprise with `{phone}` in it.
        host: This server's host name in browsers; a phone fills the code in on its pages only.
        languages: As above.

    Raises:
        ValueError: The URL cannot be used, or the extra `sms` is not installed. The text repeats nothing of the URL.
    """
    scheme = url.partition(":")[0].lower()
    if url.lower() == "console:":
        return ConsoleTransport(languages or Languages.load())
    if scheme == "file":
        return JsonLinesTransport.from_url(url)
    try:
        # Apprise takes twenty megabytes and most of a second, so it is imported only if it is used.
        from athena_auth.delivery.gateway import GatewayTransport  # noqa: PLC0415
    except ImportError:
        raise ValueError(f"a text gateway needs Apprise; {how_to_install('sms')}.") from None
    return GatewayTransport(url, host, languages=languages or Languages.load())
