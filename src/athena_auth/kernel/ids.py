"""Identifiers: opaque to clients, ordered by creation time, never secret."""

import itertools
import secrets
from typing import NewType

from athena_auth.kernel.clock import Millis

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)

_RANDOM_BITS = 80
_SEQUENCE_BITS = 16
_sequence = itertools.count()


def new_id(now: Millis) -> str:
    """Return a new identifier of 32 hexadecimal digits.

    The first 48 bits are the time, so rows created together are adjacent in an index. The other 80 bits are
    random, so one identifier does not predict the next. An identifier grants no access.
    """
    return f"{(now << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS):032x}"


def next_id(now: Millis) -> str:
    """Return an identifier that is also ordered within one millisecond of this process."""
    sequence = next(_sequence) % (1 << _SEQUENCE_BITS) << _RANDOM_BITS - _SEQUENCE_BITS
    return f"{(now << _RANDOM_BITS) | sequence | secrets.randbits(_RANDOM_BITS - _SEQUENCE_BITS):032x}"


def first_id_at(instant: Millis) -> str:
    """Return the smallest identifier of this instant: all identifiers created earlier are smaller."""
    return f"{max(instant, 0) << _RANDOM_BITS:032x}"
