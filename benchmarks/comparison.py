"""Runs all servers over all databases at once and measures them in turn."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from operator import methodcaller
from pathlib import Path

import uvloop
from databases import Databases, Product, SqliteFiles, postgres_cluster
from load import UnexpectedAnswerError
from measurement import Results
from plan import Plan
from start_up import measure_start_up
from station import Station
from systems import PEERS, Launch, NotStartedError, Server, System

Place = tuple[System, Product]
Advance = Callable[[str], None]
"""Called before each step with what it is."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A server did not start, or answered something else than it should, so that figures are missing."""

    system: System
    product: Product
    step: str
    reason: str


@dataclass(slots=True)
class Comparison:
    """What was measured of each server over each database, and what is missing."""

    results: dict[Place, Results] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    """Of the databases."""


def steps(plan: Plan) -> int:
    """Return how many steps `measure` takes."""
    systems = 2 + len(plan.peers)
    floods = 2 * (systems - 1) if plan.flood_seconds else 0
    return len(Product) * (systems * (2 + plan.rounds + len(plan.sweep)) + floods)


def measure(folder: Path, plan: Plan, advance: Advance) -> Comparison:
    """Measure everything; `folder` is for databases, mail and logs.

    Raises:
        NotStartedError, UnexpectedAnswerError: this server or the floor failed; others' failures are reported.
    """
    comparison = Comparison()
    with ExitStack() as stack:
        cluster = stack.enter_context(postgres_cluster(folder))
        stations: list[Station] = []
        for databases in (SqliteFiles(folder), cluster):
            comparison.versions[databases.product] = databases.version
            opening = _Opening(folder, databases, stack, comparison, plan, advance)
            stations += opening.all_stations()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_Turns(stations, plan, comparison, advance).take())
    return comparison


@dataclass(slots=True)
class _Opening:
    """Starts every server over one kind of database."""

    folder: Path
    databases: Databases
    stack: ExitStack
    comparison: Comparison
    plan: Plan
    advance: Advance

    def all_stations(self) -> Iterable[Station]:
        secret = secrets.token_urlsafe(48)
        url = self.databases.create("athena")
        athena = self._station(System.ATHENA, url, secret)
        yield athena
        # The floor answers from this server's database, what this server has prepared.
        yield self._station(System.FLOOR, url, secret, preparing=athena.server)
        for system in self.plan.peers:
            name = system.replace("-", "_")
            try:
                yield self._station(system, self.databases.create(name), secrets.token_urlsafe(48))
            except NotStartedError as reason:
                failure = Failure(system, self.databases.product, "starting", str(reason))
                self.comparison.failures.append(failure)

    def _station(self, system: System, url: str, secret: str, preparing: Server | None = None) -> Station:
        product = self.databases.product
        self.advance(f"{system} on {product}: starting")
        launch = Launch(system, self.folder / f"{system.name}-{product.name}".lower(), url, secret)
        results = Results(measure_start_up(launch, self.plan.starts))
        server = self.stack.enter_context(launch.running())
        self.comparison.results[system, product] = results
        return Station(system, product, server, preparing or server, self.databases.pid, results)


@dataclass(slots=True)
class _Turns:
    """Every step is taken at each station in turn before the next step begins."""

    stations: list[Station]
    plan: Plan
    comparison: Comparison
    advance: Advance

    async def take(self) -> None:
        await self._each("warming up", lambda station: station.warm_up(self._crowd(station)))
        for number in range(1, self.plan.rounds + 1):
            what = f"round {number} of {self.plan.rounds}"
            await self._each(what, lambda station: station.measure(self._crowd(station)))
        for connections, people in self.plan.sweep.items():
            step = methodcaller("measure_at", connections, people)
            await self._each(f"{connections} connections", step)
        if self.plan.flood_seconds:
            self.stations = [station for station in self.stations if station.system is not System.FLOOR]
            await self._each("flood", methodcaller("flood", self.plan.flood_seconds))
            await self._each("overload", methodcaller("overload", self.plan.flood_seconds))
        for station in self.stations:
            station.weigh()

    def _crowd(self, station: Station) -> int:
        return self.plan.people_of_peers if station.system in PEERS else self.plan.people

    async def _each(self, what: str, step: Callable[[Station], Awaitable[None]]) -> None:
        for station in self.stations:
            self.advance(f"{station.system} on {station.product}: {what}")
            try:
                await step(station)
            except UnexpectedAnswerError as answer:
                if station.system not in PEERS:
                    raise
                self.comparison.failures.append(Failure(station.system, station.product, what, str(answer)))
