"""The lifetime of an unconfirmed enrolment. Pure."""

from athena_auth.kernel.clock import Millis

ENROLMENT = 1_200_000
"""Milliseconds: after 20 minutes the password is required again (NIST SP 800-63B-4 section 4.1)."""


def enrolment_is_open(begun_at: Millis, now: Millis) -> bool:
    """Tell whether an enrolment that was begun at `begun_at` may still be confirmed."""
    return now - begun_at <= ENROLMENT
