"""Checks of the addresses among the settings. What is wrong is said without repeating it: they hold passwords."""

import re
from urllib.parse import urlsplit

_ESCAPES = "with / ? # [ ] @ in the password written as %2F %3F %23 %5B %5D %40"
_NO_OR_NUMBERED_DATABASE = re.compile(r"/?|/[0-9]{1,5}")


def checked_origin(url: str) -> str:
    """Return the origin of this address in lower case.

    Raises:
        ValueError: it has none.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("an origin looks like https://app.example.com")
    return f"{parts.scheme}://{parts.netloc}".lower()


def checked_postgres(url: str) -> str:
    """Return the address of a PostgreSQL as it is.

    Raises:
        ValueError: it cannot be read.
    """
    if not _is_readable(url):
        raise ValueError(
            "this address cannot be read; it looks like postgresql://user:password@host:5432/name, "
            + _ESCAPES
        )
    return url


def checked_redis(url: str) -> str:
    """Return the address of a Redis or Valkey as it is.

    Raises:
        ValueError: it is of another kind, or cannot be read.
    """
    if not url.startswith(("redis://", "rediss://")) or not _is_readable(url):
        raise ValueError(
            "the store of request limits looks like memory:// or redis://user:password@host:6379/0, "
            + _ESCAPES
        )
    parts = urlsplit(url)
    # The client takes a missing host for this machine, and a database without a number for the first one.
    if not parts.hostname or not _NO_OR_NUMBERED_DATABASE.fullmatch(parts.path):
        raise ValueError("this address names no host, or a database that is no number")
    return url


def _is_readable(url: str) -> bool:
    # Drivers quote what they cannot read, and that may be half a password: find it out before they do.
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return (port is None or port > 0) and "#" not in url
