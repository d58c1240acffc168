"""Which authenticator is meant, and when a wrong code is only out of time. Pure."""

from collections.abc import Iterable

from athena_auth.challenge.rules import enrolment_is_open
from athena_auth.crypto.totp import Parameters, step_at
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.totp.model import Authenticator, State

NO_STEP = -1
"""The step of an authenticator none of whose codes was ever accepted, or told."""

_REACH = 600
"""Seconds a device's clock may be off for its owner to be told so."""
_MOST_STEPS = 20
"""To either side of now, so that short steps do not make a wrong code expensive."""


def active(authenticators: Iterable[Authenticator]) -> Authenticator | None:
    """Return the one that signs in."""
    return next((a for a in authenticators if a.state is State.ACTIVE), None)


def pending(authenticators: Iterable[Authenticator], now: Millis) -> Authenticator | None:
    """Return the one that waits to be confirmed, unless it has waited too long."""
    waiting = (a for a in authenticators if a.state is State.PENDING)
    return next((a for a in waiting if enrolment_is_open(a.created_at, now)), None)


def earliest_step(parameters: Parameters, now: Millis, window: int) -> int:
    """Return the first step that is accepted now; those before it have passed for good."""
    return step_at(now, parameters) - window


def tellable_steps(authenticator: Authenticator, now: Millis, window: int) -> tuple[int, ...]:
    """Return the steps outside the window whose codes may be called right for another time.

    Without care this helps a guesser more than the owner: forty codes would be called right instead of three,
    and those of steps to come can be used when their time has come. So a step to come that was told is never
    accepted, and until it has passed no other is told: there is nothing to collect. A step that has passed
    is of no use to anybody. A code that was accepted is used up, not out of time.
    """
    parameters = authenticator.parameters
    present, earliest = step_at(now, parameters), earliest_step(parameters, now, window)
    reach = min(_REACH // parameters.period, _MOST_STEPS)
    passed = range(max(present - reach, authenticator.last_step + 1, 0), earliest)
    to_come = range(present + window + 1, present + reach + 1)
    return (*passed, *(to_come if authenticator.told_step < earliest else ()))


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
