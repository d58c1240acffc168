"""Messages shown on standard output, for development."""

import sys
from datetime import UTC, datetime

from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.model import Message
from athena_auth.delivery.one_line import one_line

_RULE = "+" + "-" * 60


class ConsoleTransport:
    """Writes the code where a developer can read it; never for people's real codes."""

    async def send(self, message: Message) -> None:
        """Show the message.

        Raises:
            DeliveryFailed: Standard output is closed or full; temporary.
        """
        box = _box(message)
        # A terminal that speaks no UTF-8 must not lose the whole message to one character of an address.
        encoding = sys.stdout.encoding or "utf-8"
        try:
            # One write: several processes share the terminal.
            sys.stdout.write(box.encode(encoding, "backslashreplace").decode(encoding))
            sys.stdout.flush()
        except OSError as error:
            raise DeliveryFailed(
                f"standard output cannot be written ({error.strerror})", permanent=False
            ) from None

    async def close(self) -> None:
        """Do nothing: standard output is not ours to close."""


def _box(message: Message) -> str:
    expiry = datetime.fromtimestamp(message.expires_at / 1000, UTC)
    rows = {
        "mail": message.kind.value,
        # An address with an escape sequence would otherwise rewrite the developer's terminal.
        "to": one_line(message.to, limit=320),
        "code": message.code,
        "until": f"{expiry:%Y-%m-%d %H:%M:%S} UTC",
    }
    lines = [f"| {label:<6}{value}" for label, value in rows.items()]
    return "\n".join([_RULE, *lines, _RULE, ""])
