"""People who are signed in, while far more passwords come in than can be checked.

Four times as many connections as the hashing pool has places each ask to sign in again as soon as they are
answered, or a tenth of a second after being refused. Beside them a few connections ask for their session, at a walking pace.
"""

import asyncio
import os
import time
from http import HTTPStatus

from cohort import sign_in_request, sign_up
from load import Connection, get
from measurement import Overload, percentiles
from process_tree import resident_megabytes
from rig import Rig

_TIMES_CAPACITY = 4
_PLACES_PER_CORE = 17
"""Passwords that this server hashes or lets wait, for each core; the others let everybody wait."""
_SIGNED_IN = 8
_PACE = 0.02
"""Seconds between two requests of somebody who is signed in."""
_IMPATIENCE = 0.1
"""Seconds after which somebody who was refused tries again, whatever Retry-After said."""


async def measure_overload(rig: Rig, pid: int, port: int, seconds: float) -> Overload:
    """Flood the server with sign-ins for so many seconds, and time those who are signed in."""
    people = await sign_up(rig, _SIGNED_IN)
    before = resident_megabytes(pid)
    deadline = time.monotonic() + seconds
    crowd = (os.cpu_count() or 1) * _PLACES_PER_CORE * _TIMES_CAPACITY
    async with asyncio.TaskGroup() as group:
        signing_in = [
            group.create_task(_sign_in_until(deadline, port, sign_in_request(people[n % _SIGNED_IN])))
            for n in range(crowd)
        ]
        asking = [
            group.create_task(_ask_until(deadline, port, get("/get-session", p.session))) for p in people
        ]
        memory = group.create_task(_most_memory(deadline, pid))
    took = [second for task in asking for second in task.result()]
    p50, p99 = percentiles(took)
    done, refused = (sum(task.result()[n] for task in signing_in) for n in (0, 1))
    return Overload(crowd, done / seconds, refused / seconds, p50, p99, before, memory.result())


async def _sign_in_until(deadline: float, port: int, request: bytes) -> tuple[int, int]:
    """Return how many sign-ins were answered, and how many refused at once."""
    connection = await Connection.open(port)
    done = refused = 0
    while time.monotonic() < deadline:
        answer = await connection.exchange(request)
        if answer.status == HTTPStatus.OK:
            done += 1
        else:
            refused += 1
            await asyncio.sleep(_IMPATIENCE)
    connection.close()
    return done, refused


async def _ask_until(deadline: float, port: int, request: bytes) -> list[float]:
    connection = await Connection.open(port)
    took: list[float] = []
    while time.monotonic() < deadline:
        took.append((await connection.exchange(request)).expect(HTTPStatus.OK).seconds)
        await asyncio.sleep(_PACE)
    connection.close()
    return took


async def _most_memory(deadline: float, pid: int) -> float:
    most = 0.0
    while time.monotonic() < deadline:
        most = max(most, resident_megabytes(pid))
        await asyncio.sleep(0.2)
    return most
