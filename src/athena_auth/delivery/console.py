"""Messages shown on standard output, for development."""

import sys
from datetime import UTC, datetime

from athena_auth.delivery.model import DeliveryFailed, Message
from athena_auth.delivery.one_line import one_line
from athena_auth.delivery.render import subject_of
from athena_auth.languages import Language, Languages

_RULE = "+" + "-" * 60


class ConsoleTransport:
    """Writes codes, links and notifications to standard output. For development only, never for real users' codes."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    async def send(self, message: Message) -> None:
        """Show the message.

        Raises:
            DeliveryFailed: Standard output is closed or full; temporary.
        """
        box = _box(message, self._languages.of(message.language))
        # On a terminal without UTF-8, one character of an address must not cost the whole message.
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
        """Do nothing: standard output belongs to the process."""


def _box(message: Message, language: Language) -> str:
    rows = {
        message.channel.value: message.kind.value,
        # An address with an escape sequence would otherwise rewrite the developer's terminal.
        "to": one_line(message.to, limit=320),
        **_content(message, language),
    }
    lines = [f"| {label:<6}{value}" for label, value in rows.items()]
    return "\n".join([_RULE, *lines, _RULE, ""])


def _content(message: Message, language: Language) -> dict[str, str]:
    """Return a secret and its expiry, or the subject of a notification."""
    until = f"{datetime.fromtimestamp(message.expires_at / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if message.code is not None:
        return {"code": message.code, "until": until}
    if message.url is not None:
        # Never shortened: a truncated link does not work.
        return {"link": one_line(message.url, limit=len(message.url)), "until": until}
    return {"about": subject_of(message, language)}
