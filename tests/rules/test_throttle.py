"""The delay after failed attempts, by its properties."""

from hypothesis import given
from hypothesis import strategies as st

from athena_auth.kernel.clock import Millis
from athena_auth.throttle.rules import (
    FREE_FAILURES,
    MAX_BY_RECOGNIZED,
    MAX_BY_STRANGERS,
    blocked_until,
    delay,
)

FAILURES = st.integers(1, MAX_BY_STRANGERS)


@given(FAILURES)
def test_it_never_shrinks_and_never_passes_an_hour(failures: int) -> None:
    assert 0 <= delay(failures) <= delay(failures + 1) <= 3600


def test_it_begins_with_the_fifth_failure_at_half_a_minute() -> None:
    assert [delay(n) for n in (FREE_FAILURES, FREE_FAILURES + 1, FREE_FAILURES + 2)] == [0, 30, 60]


@given(FAILURES, st.integers(0, 2**41))
def test_attempts_are_blocked_for_exactly_the_delay(failures: int, now: int) -> None:
    assert blocked_until(failures, Millis(now)) == now + delay(failures) * 1000


def test_the_hundred_that_are_allowed_are_divided() -> None:
    """NIST SP 800-63B-4 section 3.2.2: with 3 codes of a million right at a time, 100 attempts find one in 3,300."""
    assert MAX_BY_STRANGERS + MAX_BY_RECOGNIZED == 100


def test_the_attempts_of_strangers_take_more_than_two_days() -> None:
    assert sum(delay(n) for n in range(1, MAX_BY_STRANGERS + 1)) > 2 * 86_400
