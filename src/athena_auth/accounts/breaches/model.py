"""What a source of breached passwords offers."""

from typing import Protocol


class SourceFailed(Exception):  # noqa: N818 - an outcome that the check expects
    """The source gave no answer. The text is for the operator's log, and names neither a password nor a part of its hash."""


class BreachSource(Protocol):
    """Knows the SHA-1 hashes of breached passwords."""

    async def contains(self, sha1: str) -> bool:
        """Tell whether the hash, 40 hexadecimal digits in capitals, is among them.

        Raises:
            SourceFailed: the source does not answer.
            OSError: the source cannot be read or reached.
        """
        ...

    def close(self) -> None:
        """Start no more."""
        ...
