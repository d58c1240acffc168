"""Identifiers: opaque to clients, ordered by time for the database, never a secret."""

import secrets
from typing import NewType

from athena_auth.kernel.clock import Millis

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)

_RANDOM_BITS = 80


def new_id(now: Millis) -> str:
    """Return a fresh identifier of 32 hexadecimal digits.

    The first 48 bits are the instant, so that rows made together lie together in an index; the other 80 are
    random, so that one identifier tells nothing about the next. Knowing one opens nothing.
    """
    return f"{(now << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS):032x}"
