"""Phone numbers, and enrolments that wait for their code. Pure."""

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.kernel.clock import Millis
from athena_auth.otp.model import Enrolment

_SHOWN_FIRST, _SHOWN_LAST = 3, 2


def is_pending(enrolment: Enrolment, now: Millis) -> bool:
    """Tell whether an enrolment waits for its code, and has not waited too long."""
    waits = not enrolment.confirmed or enrolment.pending_number is not None
    return waits and enrolment_is_open(enrolment.begun_at, now)


def masked(number: str) -> str:
    """Return a number as its owner recognises it, and nobody who looks over her shoulder learns it."""
    hidden = "*" * (len(number) - _SHOWN_FIRST - _SHOWN_LAST)
    return f"{number[:_SHOWN_FIRST]}{hidden}{number[-_SHOWN_LAST:]}"
