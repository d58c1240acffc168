"""Values of sent codes."""

import msgspec

from athena_auth.kernel.clock import Millis


class Enrolment(msgspec.Struct, frozen=True):
    """Where an owner has codes sent, and where she wants them sent from now on."""

    confirmed: bool
    """Whether she turned codes on and proved that they arrive."""
    number: str | None
    """The phone number that was confirmed (E.164); without one codes go by mail."""
    pending_number: str | None
    """The phone number that waits for its code."""
    begun_at: Millis
    """When the last enrolment was begun."""

    def __repr__(self) -> str:
        return "Enrolment(…)"


class SentCode(msgspec.Struct, frozen=True):
    """The code that was last sent to a challenge or a session."""

    code_hash: bytes
    used_by: bytes | None
    """The browser that used it, if one did."""

    def __repr__(self) -> str:
        return "SentCode(…)"


class ConsumedCode(msgspec.Struct, frozen=True):
    """A code that was right and is used up: whoever typed it reads what is sent there."""

    number: str | None
    """The phone number it was sent to; None for mail."""

    def __repr__(self) -> str:
        return "SpentCode(…)"
