"""Chooses a language by an `Accept-Language` header (RFC 9110 section 12.5.4; lookup of RFC 4647 section 3.4). Pure."""

import re
from collections.abc import Collection

_MOST_CHARACTERS = 512
_MOST_RANGES = 16
"""Browsers send fewer. What follows is ignored, so that a hostile header costs no more than a long one."""
_RANGE = re.compile(
    r"(?P<range>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8}){0,7})(?:\s*;\s*q=(?P<q>[01](?:\.[0-9]{0,3})?))?"
)
_ANY = "*"


def preferred(header: str, offered: Collection[str], *, any_counts: bool = True) -> str | None:
    """Return the offered code that the header prefers, or None if it accepts none.

    Args:
        header: The value of the header. Malformed ranges are ignored.
        offered: Codes in lower case, in the order of preference for readers who accept any.
        any_counts: Whether `*` prefers the first that is offered. Programs send it alone, and it says nothing of a reader.
    """
    ranges = [each for each in _ranges(header) if any_counts or each[1] != _ANY]
    refused = {tag for quality, tag in ranges if not quality}
    # Sorting is stable: of equal qualities the first counts.
    for _quality, tag in sorted((each for each in ranges if each[0]), key=lambda each: -each[0]):
        found = _lookup(tag, [code for code in offered if code not in refused])
        if found is not None:
            return found
    return None


def _ranges(header: str) -> list[tuple[float, str]]:
    """Return the language ranges in lower case, each after its quality."""
    parts = header[:_MOST_CHARACTERS].lower().split(",", _MOST_RANGES)[:_MOST_RANGES]
    found = [_RANGE.fullmatch(part.strip()) for part in parts]
    return [(min(float(each["q"] or 1), 1.0), each["range"]) for each in found if each is not None]


def _lookup(tag: str, offered: list[str]) -> str | None:
    """Return the code of a range: de-at, else de, else another de of the offered ones."""
    if tag == _ANY:
        return next(iter(offered), None)
    subtags = tag.split("-")
    for length in range(len(subtags), 0, -1):
        prefix = "-".join(subtags[:length])
        if prefix in offered:
            return prefix
    return next((code for code in offered if code.partition("-")[0] == subtags[0]), None)
