"""The list of common passwords."""

from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_suffix(".txt")
_COMMENT = "#"


def is_common(password: str) -> bool:
    """Tell whether a normalised password is on the list, ignoring case."""
    return password.casefold() in _common_passwords()


@cache
def _common_passwords() -> frozenset[str]:
    # Read when the first new password is checked: a process that never checks one does not need the megabyte.
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith(_COMMENT))
