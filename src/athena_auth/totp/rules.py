"""Which authenticator is meant. Pure."""

from collections.abc import Iterable

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.kernel.clock import Millis
from athena_auth.totp.model import Authenticator, State

NO_STEP = -1
"""The last accepted step of an authenticator none of whose codes was ever accepted."""


def active(authenticators: Iterable[Authenticator]) -> Authenticator | None:
    """Return the one that signs in."""
    return next((a for a in authenticators if a.state is State.ACTIVE), None)


def pending(authenticators: Iterable[Authenticator], now: Millis) -> Authenticator | None:
    """Return the one that waits to be confirmed, unless it has waited too long."""
    waiting = (a for a in authenticators if a.state is State.PENDING)
    return next((a for a in waiting if enrolment_is_open(a.created_at, now)), None)
