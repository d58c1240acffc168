"""Pure rules: how long a session lives, and whether its factors were verified recently."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.sessions.model import Amr, AmrClass, Session

_DAY = 86_400_000
_FRESH = 600_000
_EXTENSION_FRACTION = 7


def lifetime(ttl: int, *, persistent: bool) -> int:
    """Return the milliseconds after which an unused session ends; at most a day if it is not persistent."""
    milliseconds = ttl * 1000
    return milliseconds if persistent else min(milliseconds, _DAY)


def expiry(created_at: Millis, lifetime: int, max_age: int | None, now: Millis) -> Millis:
    """Return when a session that is used now expires.

    Args:
        created_at: When the user signed in.
        lifetime: Milliseconds without use after which the session ends.
        max_age: Seconds after the sign-in at which it ends all the same; None for no such limit.
        now: The time of this use.
    """
    unused = now + lifetime
    return Millis(unused if max_age is None else min(unused, created_at + max_age * 1000))


def is_over_age(session: Session, max_age: int | None, now: Millis) -> bool:
    """Tell whether the sign-in is too long ago, also for a session that began before there was a limit."""
    return max_age is not None and now >= session.created_at + max_age * 1000


def is_due_for_extension(session: Session, now: Millis) -> bool:
    """Tell whether the expiry of a session in use should be extended.

    This is once in a seventh of its lifetime (once a day for a week), so that not every read causes a write.
    """
    return now - session.updated_at >= session.lifetime // _EXTENSION_FRACTION


# The names of factors are an open set. A method that is one factor and may begin a session must be named here, or it counts as a
# second one; a passkey that verified its user is two.
_NO_SECOND_FACTOR = frozenset({Amr.PASSWORD, Amr.TRUSTED_DEVICE})


def has_fresh_second_factor(session: Session, now: Millis, within: int = _FRESH) -> bool:
    """Tell whether a second factor, not a trusted device in its place, was verified within this many milliseconds."""
    return is_fresh(session, now, within) and has_second_factor(session)


def has_second_factor(session: Session) -> bool:
    """Tell whether a second factor, not a trusted device in its place, was ever verified in this session."""
    return not _NO_SECOND_FACTOR.issuperset(session.assurance.amr)


def has_factor_of(session: Session, kind: AmrClass, within: int | None) -> bool:
    """Tell whether a second factor of this kind was verified in this session; unless None, within these milliseconds.

    The session knows only when its last factor was verified, so that one must be of this kind if the time matters.
    """
    return any(map(kind.includes, session.assurance.amr if within is None else session.assurance.amr[-1:]))


def raised(session: Session, amr: str, now: Millis, *, user_verified: bool) -> Session:
    """Return the session with another factor verified. `user_verified` tells whether a passkey has verified its user."""
    passkey_verified_at = now if user_verified else session.passkey_verified_at
    return msgspec.structs.replace(
        session,
        assurance=session.assurance.raised_by(amr),
        proven_at=now,
        passkey_verified_at=passkey_verified_at,
    )


def has_fresh_passkey(session: Session, now: Millis) -> bool:
    """Tell whether a passkey has verified its user in this session in the last ten minutes.

    It is phishing-resistant and two factors by itself, so it can take the place of a password.
    """
    return session.passkey_verified_at is not None and now - session.passkey_verified_at <= _FRESH


def is_fresh(session: Session, now: Millis, within: int = _FRESH) -> bool:
    """Tell whether a factor was verified in this session within this many milliseconds, ten minutes by default."""
    return now - session.proven_at <= within
