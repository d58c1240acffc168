"""Which codes are reported as correct for another time at enrolment."""

from hypothesis import given
from hypothesis import strategies as st

from athena_auth.crypto.totp import Parameters, step_at
from athena_auth.factors.totp.rules import near_steps, refuse_out_of_time
from athena_auth.kernel.clock import Millis

WINDOWS = st.integers(0, 2)
PERIODS = st.sampled_from([15, 30, 60, 120])
NOW = st.integers(0, 2**41).map(Millis)


@given(PERIODS, NOW, WINDOWS)
def test_they_are_near_and_not_what_is_accepted_now(period: int, now: Millis, window: int) -> None:
    parameters = Parameters(period=period)
    present = step_at(now, parameters)

    steps = near_steps(parameters, now, window)

    assert len(set(steps)) == len(steps) <= 40
    for step in steps:
        assert window < abs(step - present) <= 20
        assert abs(step - present) * period <= 600
        assert step >= 0


@given(PERIODS, NOW, st.integers(-20, 20).filter(bool))
def test_it_says_which_way_the_clock_is_off_and_by_whole_minutes(
    period: int, now: Millis, offset: int
) -> None:
    parameters = Parameters(period=period)

    refused = refuse_out_of_time(step_at(now, parameters) + offset, now, parameters)

    seconds = abs(offset) * period
    minutes = int(refused.message.partition("about ")[2].split()[0])
    assert minutes >= 1
    assert abs(minutes * 60 - seconds) <= 45
    assert ("ahead" if offset > 0 else "behind") in refused.message
    assert ("1 minute " in refused.message) == (minutes == 1)
