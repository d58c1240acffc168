"""Which authenticator is meant, and when a wrong code of an enrolment is only out of time. Pure."""

from collections.abc import Iterable

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.crypto.totp import Parameters, step_at
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.totp.model import Authenticator, State

NO_STEP = -1
"""The step of an authenticator none of whose codes was ever accepted."""

WIDEST_WINDOW = 2
"""The most steps to either side of the present one that a server may be set to accept (ATHENA_TOTP_WINDOW)."""

_REACH = 600
"""Seconds a device's clock may be off for its owner to be told so when they enrol it."""
_MOST_STEPS = 20
"""To either side of now, so that short steps do not make a wrong code expensive."""


def active(authenticators: Iterable[Authenticator]) -> Authenticator | None:
    """Return the one that signs in."""
    return next((a for a in authenticators if a.state is State.ACTIVE), None)


def pending(authenticators: Iterable[Authenticator], now: Millis) -> Authenticator | None:
    """Return the one that waits to be confirmed, unless it has waited too long."""
    waiting = (a for a in authenticators if a.state is State.PENDING)
    return next((a for a in waiting if enrolment_is_open(a.created_at, now)), None)


def near_steps(parameters: Parameters, now: Millis, window: int) -> tuple[int, ...]:
    """Return the steps outside the window that a device's clock may be at, off by ten minutes at most."""
    present = step_at(now, parameters)
    reach = min(_REACH // parameters.period, _MOST_STEPS)
    before = range(max(present - reach, 0), present - window)
    return (*before, *range(present + window + 1, present + reach + 1))


def refuse_out_of_time(step: int, now: Millis, parameters: Parameters) -> Refused:
    """Return the refusal of a code that is right for another step than the present one."""
    steps = step - step_at(now, parameters)
    minutes = max(1, round(abs(steps) * parameters.period / 60))
    about = f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    side = "ahead" if steps > 0 else "behind"
    return Refused(
        ErrorCode.INVALID_CODE,
        f"The code is right for another time: your device's clock seems to be off by about {about} "
        f"(it is {side}); correct it and try again.",
    )
