"""The door a message leaves by, and how the operator's mail URL chooses it."""

from typing import Protocol

from athena_auth.delivery.console import ConsoleTransport
from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.jsonl import JsonLinesTransport
from athena_auth.delivery.model import Message
from athena_auth.delivery.relay import ACCEPTED
from athena_auth.delivery.smtp import SmtpTransport

__all__ = ["DeliveryFailed", "Transport", "open_transport"]


class Transport(Protocol):
    """Hands messages on. It does not look at the clock: whoever calls it drops expired messages first."""

    async def send(self, message: Message) -> None:
        """Return once the message has been handed on.

        Raises:
            DeliveryFailed: It was not.
        """

    async def close(self) -> None:
        """Let go of what the transport holds; nothing may be sent afterwards."""


def open_transport(url: str, sender: str | None) -> Transport:
    """Return the transport that `url` names.

    Args:
        url: `console:`, `file:///absolute/path.jsonl`, `file:relative.jsonl`, `smtp://…` or `smtps://…`.
        sender: Whom mail comes from, `Athena <no-reply@example.com>`; used by SMTP only.

    Raises:
        ValueError: The URL or the sender cannot be used; the text says what is accepted, and no password.
    """
    scheme = url.partition(":")[0].lower()
    if url.lower() == "console:":
        return ConsoleTransport()
    if scheme == "file":
        return JsonLinesTransport.from_url(url)
    if scheme in {"smtp", "smtps"}:
        return SmtpTransport.from_url(url, sender)
    raise ValueError(f"The mail URL must be console:, file:///absolute/path.jsonl, {ACCEPTED}.")
