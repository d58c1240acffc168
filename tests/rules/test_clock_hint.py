"""Which codes may be called right for another time, by the properties that make it safe to say so."""

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from athena_auth.crypto.totp import Parameters, step_at
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.totp.model import Authenticator, State
from athena_auth.totp.rules import NO_STEP, earliest_step, refuse_out_of_time, tellable_steps

WINDOWS = st.integers(0, 2)
PERIODS = st.sampled_from([15, 30, 60, 120])
NOW = st.integers(0, 2**41).map(Millis)
OFFSETS = st.integers(-50, 50)
FRESH = Authenticator(
    id="a",
    user_id=UserId("u"),
    state=State.ACTIVE,
    sealed_secret=b"",
    issuer="Athena",
    parameters=Parameters(),
    last_step=NO_STEP,
    told_step=NO_STEP,
    created_at=Millis(0),
)


def authenticator(period: int, **changes: int) -> Authenticator:
    return msgspec.structs.replace(FRESH, parameters=Parameters(period=period), **changes)


@given(PERIODS, NOW, WINDOWS, OFFSETS, OFFSETS)
def test_what_is_told_is_near_unused_and_not_what_is_accepted_now(
    period: int, now: Millis, window: int, last: int, told: int
) -> None:
    present = step_at(now, Parameters(period=period))
    one = authenticator(period, last_step=present + last, told_step=present + told)

    steps = tellable_steps(one, now, window)

    assert len(set(steps)) == len(steps) <= 40
    for step in steps:
        assert window < abs(step - present) <= 20
        assert abs(step - present) * period <= 600
        assert step >= 0
        assert step > present + window or step > one.last_step


@given(PERIODS, NOW, WINDOWS, st.integers(0, 50))
def test_a_step_to_come_is_told_only_after_the_one_told_before_has_passed(
    period: int, now: Millis, window: int, ahead: int
) -> None:
    """Else two could be collected, and only one of them is remembered as told."""
    earliest = earliest_step(Parameters(period=period), now, window)
    assume(earliest > 0)
    outstanding = authenticator(period, told_step=earliest + ahead)
    passed = authenticator(period, told_step=earliest - 1)

    assert all(step < earliest for step in tellable_steps(outstanding, now, window))
    assert any(step > earliest for step in tellable_steps(passed, now, window))


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
