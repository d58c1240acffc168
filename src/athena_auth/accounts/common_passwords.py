"""The passwords that are guessed first."""

from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_suffix(".txt")
_COMMENT = "#"


def is_common(password: str) -> bool:
    """Tell whether a normalised password is among the commonly used ones; small and capital letters are the same."""
    return password.casefold() in _common_passwords()


@cache
def _common_passwords() -> frozenset[str]:
    # Read when the first new password is judged: a process that never sees one does without its megabyte.
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith(_COMMENT))
