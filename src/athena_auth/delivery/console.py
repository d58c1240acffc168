"""Messages shown on standard output, for development."""

import sys
from datetime import UTC, datetime

from athena_auth.delivery.failure import DeliveryFailed
from athena_auth.delivery.model import Message
from athena_auth.delivery.one_line import one_line
from athena_auth.delivery.render import subject_of

_RULE = "+" + "-" * 60


class ConsoleTransport:
    """Writes codes, links and news where a developer can read them; never for people's real codes."""

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
    rows = {
        message.channel.value: message.kind.value,
        # An address with an escape sequence would otherwise rewrite the developer's terminal.
        "to": one_line(message.to, limit=320),
        **_matter(message),
    }
    lines = [f"| {label:<6}{value}" for label, value in rows.items()]
    return "\n".join([_RULE, *lines, _RULE, ""])


def _matter(message: Message) -> dict[str, str]:
    """Return what the message is about: a secret and its end, or what happened."""
    until = f"{datetime.fromtimestamp(message.expires_at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if message.code is not None:
        return {"code": message.code, "until": until}
    if message.url is not None:
        # Whole, however long: a link that is cut opens nothing.
        return {"link": one_line(message.url, limit=len(message.url)), "until": until}
    return {"news": subject_of(message)}
