"""One server over one database, running and ready to be measured, round after round."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cohort import run_cohort
from cpu_meter import CpuMeter
from databases import Product
from flood import measure_flood
from load import LoadGenerator
from measurement import Results, Rounds
from overload import measure_overload
from process_tree import resident_megabytes
from rig import Rig
from scenarios import EVERY_SCENARIO, OF_EVERY_PEER, WITH_FLOOR
from systems import Server, System

CONNECTIONS = 8
"""At these CPU is measured."""
_MEASURED = {System.ATHENA: EVERY_SCENARIO, System.FLOOR: WITH_FLOOR}


@dataclass(slots=True)
class Station:
    """A server, and the one that prepares what it does not do itself: for all but the floor, itself."""

    system: System
    product: Product
    server: Server
    preparing: Server
    database_pid: int | None
    results: Results

    async def warm_up(self, people: int) -> None:
        """Let people pass unmeasured."""
        async with self._rig(CONNECTIONS, defaultdict(list)) as rig:
            await run_cohort(rig, people)

    async def measure(self, people: int) -> None:
        """Measure every scenario once."""
        async with self._rig(CONNECTIONS, self.results.rounds) as rig:
            await run_cohort(rig, people)

    async def measure_at(self, connections: int, people: int) -> None:
        """Measure every scenario once at another number of connections."""
        rounds = self.results.sweep.setdefault(connections, defaultdict(list))
        async with self._rig(connections, rounds) as rig:
            await run_cohort(rig, people)

    async def flood(self, seconds: float) -> None:
        """Measure sign-ins beside a flood."""
        async with self._rig(CONNECTIONS, defaultdict(list)) as rig:
            self.results.flood = await measure_flood(rig, self.server.port, seconds)

    async def overload(self, seconds: float) -> None:
        """Measure those who are signed in beside more sign-ins than there is room for."""
        async with self._rig(CONNECTIONS, defaultdict(list)) as rig:
            self.results.overload = await measure_overload(rig, self.server.pid, self.server.port, seconds)

    def weigh(self) -> None:
        """Read the memory that all this left the server with."""
        self.results.loaded_mb = resident_megabytes(self.server.pid)

    @asynccontextmanager
    async def _rig(self, connections: int, rounds: Rounds) -> AsyncIterator[Rig]:
        load = LoadGenerator(self.server.port, connections)
        preparation = LoadGenerator(self.preparing.port, CONNECTIONS)
        try:
            yield Rig(
                load=load,
                preparation=preparation,
                server=CpuMeter(self.server.pid),
                database=None if self.database_pid is None else CpuMeter(self.database_pid),
                measured=_MEASURED.get(self.system, OF_EVERY_PEER),
                mail_files=(self.server.mail_file,),
                measurements=rounds,
            )
        finally:
            load.close()
            preparation.close()
