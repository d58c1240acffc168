"""A clock that the test moves."""

from datetime import UTC, datetime

from athena_auth.kernel.clock import Millis, after

START = Millis(1_790_000_000_000)
"""2026-09-21T14:13:20Z. Any instant would do; the same one for every test makes failures repeatable."""


class ManualClock:
    """Stands still until it is moved.

    Every clock starts at the same instant in 2026. Give `at`, an aware datetime, where the application compares times with
    the machine's clock: `ManualClock(datetime.now(UTC))`.
    """

    def __init__(self, at: datetime | None = None) -> None:
        self._now = START if at is None else Millis(int(at.timestamp() * 1000))

    def now(self) -> Millis:
        """Return the present instant in milliseconds since 1970, as the server reads it."""
        return self._now

    def datetime(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.fromtimestamp(self._now / 1000, UTC)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._now = after(self._now, seconds)
