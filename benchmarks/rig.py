"""Sends a batch of requests and reads what it cost."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from cpu_meter import CpuMeter
from load import Load, LoadGenerator
from scenarios import Scenario

_AFTERMATH_TIMEOUT = 30.0
"""Seconds for what the requests set going to be finished."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One batch of requests of a scenario."""

    requests: int
    server_ms: float
    """CPU milliseconds of the server for each request."""
    database_ms: float
    """The same of the database's own processes; 0 when it has none."""
    per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(slots=True)
class Rig:
    """A running server, the connections to it, and the meters."""

    load: LoadGenerator
    server: CpuMeter
    database: CpuMeter | None
    announce: Callable[[Scenario], None]
    measurements: dict[Scenario, list[Measurement]] = field(default_factory=lambda: defaultdict(list))

    async def prepare(self, requests: Sequence[bytes]) -> list[Any]:
        """Send requests that are not measured; return their bodies."""
        return [answer.json(200) for answer in (await self.load.send(requests)).answers]

    async def measure(
        self,
        scenario: Scenario,
        requests: Sequence[bytes],
        *,
        status: int = 200,
        is_finished: Callable[[], bool] = lambda: True,
    ) -> list[Any]:
        """Send requests of a scenario, measure them and what they set going, and return their bodies.

        Raises:
            UnexpectedAnswerError: an answer has another status.
        """
        self.announce(scenario)
        server, database = self._idle_readings()
        load = await self.load.send(requests)
        _wait_for(is_finished)
        server_after, database_after = self._idle_readings()
        bodies = [answer.json(status) for answer in load.answers]
        self.measurements[scenario].append(
            _measurement(load, server_after - server, database_after - database)
        )
        return bodies

    def _idle_readings(self) -> tuple[float, float]:
        self.server.wait_until_idle()
        if self.database is None:
            return self.server.seconds(), 0.0
        self.database.wait_until_idle()
        return self.server.seconds(), self.database.seconds()


def _wait_for(is_finished: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _AFTERMATH_TIMEOUT
    while not is_finished():
        if time.monotonic() > deadline:
            raise TimeoutError("the server answered but did not finish what it promised")
        time.sleep(0.01)


def _measurement(load: Load, server: float, database: float) -> Measurement:
    count = len(load.answers)
    percentiles = quantiles([answer.seconds for answer in load.answers], n=100, method="inclusive")
    return Measurement(
        requests=count,
        server_ms=server * 1000 / count,
        database_ms=database * 1000 / count,
        per_second=count / load.seconds,
        p50_ms=percentiles[49] * 1000,
        p99_ms=percentiles[98] * 1000,
    )
