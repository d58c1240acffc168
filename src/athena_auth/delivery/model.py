"""What is to be said to whom, before it has words or headers."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec


class MessageKind(StrEnum):
    """The reasons to write to a person; each has its templates and its subject in `render`."""

    TWO_FACTOR_OTP = "two-factor-otp"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person, a msgspec value so that an outbox can keep it as sealed bytes.

    Attributes:
        kind: Why the person is written to.
        to: The address, `local@domain`; internationalised addresses (RFC 6531) are allowed.
        name: What the person is called, as they typed it: untrusted text.
        app_name: What the service is called by its operator.
        code: The secret the message carries; in no repr.
        expires_at: Unix milliseconds; after this instant the message must not be delivered.
        valid_for: Seconds the code was valid for when it was made.
    """

    kind: MessageKind
    to: str
    name: str
    app_name: str
    code: str
    expires_at: int
    valid_for: int

    def __repr__(self) -> str:
        return f"Message(kind={self.kind.value!r}, to={_masked(self.to)!r})"

    def __rich_repr__(self) -> Iterator[tuple[str, str]]:  # type: ignore[override]  # msgspec declares a list
        """Say as little as `__repr__`: msgspec's own lists every field, and rich's tracebacks print it."""
        yield "kind", self.kind.value
        yield "to", _masked(self.to)


def _masked(address: str) -> str:
    """Keep the first character and the domain: enough to follow a complaint, too little to write to."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else "***"
