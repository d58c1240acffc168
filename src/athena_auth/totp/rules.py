"""Selecting authenticators, and detecting that a device's clock is off at enrolment. Pure."""

from collections.abc import Iterable

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.crypto.totp import Parameters, step_at
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.totp.model import Authenticator, State

NO_STEP = -1
"""The last step of an authenticator before any of its codes is accepted."""

WIDEST_WINDOW = 2
"""The maximum of ATHENA_TOTP_WINDOW: the accepted steps on either side of the current one."""

_REACH = 600
"""The largest clock error, in seconds, that is detected at enrolment."""
_MAX_STEPS = 20
"""Steps to check on either side of the current one, so that short periods do not make a wrong code expensive."""


def active(authenticators: Iterable[Authenticator]) -> Authenticator | None:
    """Return the active authenticator, if any."""
    return next((a for a in authenticators if a.state is State.ACTIVE), None)


def pending(authenticators: Iterable[Authenticator], now: Millis) -> Authenticator | None:
    """Return the pending authenticator, unless its enrolment has expired."""
    waiting = (a for a in authenticators if a.state is State.PENDING)
    return next((a for a in waiting if enrolment_is_open(a.created_at, now)), None)


def near_steps(parameters: Parameters, now: Millis, window: int) -> tuple[int, ...]:
    """Return the time steps outside the window, up to ten minutes away."""
    current = step_at(now, parameters)
    reach = min(_REACH // parameters.period, _MAX_STEPS)
    before = range(max(current - reach, 0), current - window)
    return (*before, *range(current + window + 1, current + reach + 1))


def refuse_out_of_time(step: int, now: Millis, parameters: Parameters) -> Refused:
    """Return the refusal of a code that is correct for another time step."""
    steps = step - step_at(now, parameters)
    minutes = max(1, round(abs(steps) * parameters.period / 60))
    about = f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    side = "ahead" if steps > 0 else "behind"
    return Refused(
        ErrorCode.INVALID_CODE,
        f"The code is correct for another time: your device's clock seems to be off by about {about} "
        f"(it is {side}). Set the clock and try again.",
    )
