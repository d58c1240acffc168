"""The clock that a test controls, under the names that the tests here use."""

from athena_auth.testing.clock import START
from athena_auth.testing.clock import ManualClock as FakeClock

__all__ = ["START", "FakeClock"]
