"""Values of sent codes."""

import msgspec


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
