"""A clock the test owns."""

from athena_auth.kernel.clock import Millis

START = Millis(1_790_000_000_000)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> Millis:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now = Millis(self._now + int(seconds * 1000))
