"""What was measured."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median, quantiles

from load import Load
from scenarios import Scenario

OVERLOADED = 503
"""The status of an answer that was refused at once for overload."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One batch of requests of a scenario."""

    requests: int
    refused: int
    """Requests that were answered 503 at once: there were too many."""
    server_ms: float
    """CPU milliseconds of the server for each request."""
    database_ms: float
    """The same of the database's own processes; 0 when it has none."""
    per_second: float
    """Requests that were not refused."""
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class StartUp:
    """How a server starts over a database that has its tables."""

    first_answer_s: float
    idle_mb: float
    """Memory resident after one answer."""


@dataclass(frozen=True, slots=True)
class SignIns:
    """Whole sign-ins, password and code, of people who mean no harm."""

    done: int
    failed: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Flood:
    """Those sign-ins alone, and beside a flood of wrong passwords and codes."""

    calm: SignIns
    flooded: SignIns
    flood_per_second: float


@dataclass(frozen=True, slots=True)
class Overload:
    """Those who are signed in, while far more people sign in than passwords can be checked."""

    connections: int
    """That sign in."""
    done_per_second: float
    refused_per_second: float
    p50_ms: float
    """Of get-session meanwhile."""
    p99_ms: float
    before_mb: float
    """Memory resident before."""
    most_mb: float
    """The most there was meanwhile."""


Rounds = dict[Scenario, list[Measurement]]


@dataclass(slots=True)
class Results:
    """All that was measured of one server over one database."""

    start_up: StartUp
    rounds: Rounds = field(default_factory=lambda: defaultdict(list))
    """At 8 connections."""
    sweep: dict[int, Rounds] = field(default_factory=dict)
    """At other numbers of connections."""
    flood: Flood | None = None
    overload: Overload | None = None
    loaded_mb: float = 0.0
    """Memory resident at the end."""


def measurement(load: Load, server: float, database: float) -> Measurement:
    """Return the figures of a batch that cost so many seconds of CPU."""
    count = len(load.answers)
    seconds = [answer.seconds for answer in load.answers if answer.status != OVERLOADED]
    p50, p99 = percentiles(seconds)
    return Measurement(
        requests=count,
        refused=count - len(seconds),
        server_ms=server * 1000 / count,
        database_ms=database * 1000 / count,
        per_second=len(seconds) / load.seconds,
        p50_ms=p50,
        p99_ms=p99,
    )


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile in milliseconds; NaN of too few."""
    if len(seconds) < 2:
        return float("nan"), float("nan")
    cuts = quantiles(seconds, n=100, method="inclusive")
    return cuts[49] * 1000, cuts[98] * 1000


def median_of(rounds: list[Measurement]) -> Measurement:
    """Return each figure's median."""
    return Measurement(
        requests=sum(each.requests for each in rounds),
        refused=sum(each.refused for each in rounds),
        server_ms=median(each.server_ms for each in rounds),
        database_ms=median(each.database_ms for each in rounds),
        per_second=median(each.per_second for each in rounds),
        p50_ms=median(each.p50_ms for each in rounds),
        p99_ms=median(each.p99_ms for each in rounds),
    )
