"""Values of sent codes."""

import msgspec

from athena_auth.kernel.clock import Millis


class Enrolment(msgspec.Struct, frozen=True):
    """The confirmed and the pending destination of an account's codes."""

    confirmed: bool
    """Whether a code has confirmed the enrolment, or the address was verified before."""
    number: str | None
    """The confirmed phone number (E.164); None when codes are sent by email."""
    pending_number: str | None
    """The phone number that a code has yet to confirm."""
    begun_at: Millis
    """When the last enrolment was begun."""

    def __repr__(self) -> str:
        return "Enrolment(…)"


class SentCode(msgspec.Struct, frozen=True):
    """The last code that was sent for a challenge or a session."""

    code_hash: bytes
    used_by: bytes | None
    """The browser that used it, if any."""

    def __repr__(self) -> str:
        return "SentCode(…)"


class ConsumedCode(msgspec.Struct, frozen=True):
    """A code that was correct and has been consumed."""

    number: str | None
    """The phone number to which it was sent; None for email."""

    def __repr__(self) -> str:
        return "ConsumedCode(…)"
