"""Values of sent codes."""

import msgspec


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
