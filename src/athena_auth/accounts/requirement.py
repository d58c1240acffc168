"""Requirements on the assurance of a session. Pure."""

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.outcome import ErrorCode
from athena_auth.sessions.model import Level
from athena_auth.sessions.rules import has_fresh_second_factor, is_fresh


class Requirement(msgspec.Struct, frozen=True):
    """A minimum assurance level, and how recently a factor must have been verified."""

    level: Level = Level.ONE
    fresh: int | None = None
    """Seconds."""


def unmet_requirement(signed_in: SignedIn, requirement: Requirement, now: Millis) -> ErrorCode | None:
    """Return the error that says what the caller must do first, or None when the session meets the requirement.

    A trusted device replaces the second factor at sign-in, but does not count as a recent verification: an attacker may
    be using the device.
    """
    session, has_factors = signed_in.session, signed_in.account.two_factor_enabled
    within = None if requirement.fresh is None else requirement.fresh * 1000
    if requirement.level is Level.TWO:
        if not has_factors:
            return ErrorCode.ENROLMENT_REQUIRED
        good = session.assurance.level is Level.TWO and (
            within is None or has_fresh_second_factor(session, now, within)
        )
        return None if good else ErrorCode.STEP_UP_REQUIRED
    if within is None or is_fresh(session, now, within):
        return None
    return ErrorCode.STEP_UP_REQUIRED if has_factors else ErrorCode.SIGN_IN_AGAIN
