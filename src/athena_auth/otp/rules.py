"""Masked phone numbers and pending enrolments. Pure."""

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.kernel.clock import Millis
from athena_auth.otp.model import Enrolment

_SHOWN_FIRST, _SHOWN_LAST = 3, 2


def is_pending(enrolment: Enrolment, now: Millis) -> bool:
    """Tell whether a code may still confirm the enrolment."""
    unconfirmed = not enrolment.confirmed or enrolment.pending_number is not None
    return unconfirmed and enrolment_is_open(enrolment.begun_at, now)


def masked(number: str) -> str:
    """Return a number that its owner recognizes, with most digits hidden from onlookers."""
    hidden = "*" * (len(number) - _SHOWN_FIRST - _SHOWN_LAST)
    return f"{number[:_SHOWN_FIRST]}{hidden}{number[-_SHOWN_LAST:]}"
