"""Sends a batch of requests and reads what it cost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpu_meter import CpuMeter
from load import Answer, LoadGenerator
from measurement import OVERLOADED, Rounds, measurement
from scenarios import Scenario

_AFTERMATH_TIMEOUT = 30.0
"""Seconds for what the requests set going to be finished."""


@dataclass(slots=True)
class Rig:
    """The connections to a server, its meters, and who prepares what is not measured.

    The floor answers few requests; all others go to the server whose database and secret it shares.
    """

    load: LoadGenerator
    preparation: LoadGenerator
    server: CpuMeter
    database: CpuMeter | None
    measured: frozenset[Scenario]
    mail_files: Sequence[Path]
    measurements: Rounds

    async def prepare(self, requests: Sequence[bytes], status: int = 200) -> list[Answer]:
        """Send requests that are not measured."""
        await self.preparation.connect()
        return [answer.expect(status) for answer in (await self.preparation.send(requests)).answers]

    async def measure(
        self,
        scenario: Scenario,
        requests: Sequence[bytes],
        *,
        status: int = 200,
        is_finished: Callable[[], bool] = lambda: True,
    ) -> list[Answer]:
        """Send requests of a scenario, and measure them and what they set going.

        Raises:
            UnexpectedAnswerError: an answer has another status.
        """
        if scenario not in self.measured:
            return await self.prepare(requests, status)
        await self.load.connect()
        server, database = self._idle_readings()
        load = await self.load.send(requests)
        answers = await self._complete(requests, load.answers, status)
        _wait_for(is_finished)
        server_after, database_after = self._idle_readings()
        self.measurements[scenario].append(
            measurement(load, server_after - server, database_after - database)
        )
        return answers

    async def _complete(
        self, requests: Sequence[bytes], answers: Sequence[Answer], status: int
    ) -> list[Answer]:
        """Send again, fewer at a time, what was refused for overload: the next steps need it."""
        again = [index for index, answer in enumerate(answers) if answer.status == OVERLOADED]
        if not again:
            return [answer.expect(status) for answer in answers]
        later = dict(
            zip(again, await self.prepare([requests[index] for index in again], status), strict=True)
        )
        return [later.get(index) or answer.expect(status) for index, answer in enumerate(answers)]

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
