"""Identifiers: opaque to clients, ordered by time for the database, never a secret."""

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
    """Return a fresh identifier of 32 hexadecimal digits.

    The first 48 bits are the instant, so that rows made together lie together in an index; the other 80 are
    random, so that one identifier tells nothing about the next. Knowing one opens nothing.
    """
    return f"{(now << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS):032x}"


def next_id(now: Millis) -> str:
    """Return an identifier that also keeps the order in which this process made those of one millisecond."""
    sequence = next(_sequence) % (1 << _SEQUENCE_BITS) << _RANDOM_BITS - _SEQUENCE_BITS
    return f"{(now << _RANDOM_BITS) | sequence | secrets.randbits(_RANDOM_BITS - _SEQUENCE_BITS):032x}"


def first_id_at(instant: Millis) -> str:
    """Return the smallest identifier that can have been made at this instant: rows made before are below it."""
    return f"{max(instant, 0) << _RANDOM_BITS:032x}"
