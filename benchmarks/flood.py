"""Good people who sign in, alone and beside a flood of wrong passwords and wrong codes.

The flood asks as fast as it is answered, refusals included, over many connections; limits by address are off,
so that what is seen is what the server itself does to keep good people served.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from cohort import Person, enrol, sign_in_request, sign_up, wrong_code
from credentials import challenge_of
from load import Connection, post
from measurement import Flood, SignIns, percentiles
from rig import Rig

_GOOD_PEOPLE = 16
_GOOD_CONNECTIONS = 4
_VICTIMS = 8
_PASSWORD_GUESSERS = 16
_CODE_GUESSERS = 8


async def measure_flood(rig: Rig, port: int, seconds: float) -> Flood:
    """Let good people sign in for so many seconds, then again beside a flood."""
    people = await sign_up(rig, _GOOD_PEOPLE + _VICTIMS)
    await enrol(rig, people)
    good, victims = people[:_GOOD_PEOPLE], people[_GOOD_PEOPLE:]
    guesses = await _guesses(rig, victims)
    # Each person's codes come after each other's, so that nobody has two sign-ins under way.
    visits = [visit for visits in zip(*map(_visits, good), strict=True) for visit in visits]
    half = len(visits) // 2
    calm = await _sign_in_until(time.monotonic() + seconds, port, iter(visits[:half]))
    deadline = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(_ask_until(deadline, port, guess)) for guess in guesses]
        flooded = await _sign_in_until(deadline, port, iter(visits[half:]))
    return Flood(calm, flooded, sum(task.result() for task in flood) / seconds)


def _visits(person: Person) -> list[tuple[Person, str]]:
    return [(person, code) for code in person.backup_codes]


async def _guesses(rig: Rig, victims: Sequence[Person]) -> list[bytes]:
    """Return the one request that each of the flood's connections repeats."""
    answers = await rig.prepare([sign_in_request(victim) for victim in victims])
    codes = [
        post("/two-factor/verify-totp", challenge_of(answer), code=wrong_code(victim))
        for victim, answer in zip(victims, answers, strict=True)
    ]
    passwords = [
        post("/sign-in/email", email=victim.email, password="a wrong guess, again") for victim in victims
    ]
    return [passwords[n % _VICTIMS] for n in range(_PASSWORD_GUESSERS)] + [
        codes[n % _VICTIMS] for n in range(_CODE_GUESSERS)
    ]


async def _sign_in_until(deadline: float, port: int, visits: Iterator[tuple[Person, str]]) -> SignIns:
    outcomes = await asyncio.gather(
        *(_good_connection(deadline, port, visits) for _ in range(_GOOD_CONNECTIONS))
    )
    seconds = [second for connection in outcomes for second in connection]
    done = [second for second in seconds if second is not None]
    p50, p99 = percentiles(done)
    return SignIns(len(done), len(seconds) - len(done), p50, p99)


async def _good_connection(
    deadline: float, port: int, visits: Iterator[tuple[Person, str]]
) -> list[float | None]:
    connection = await Connection.open(port)
    seconds: list[float | None] = []
    for person, code in visits:
        seconds.append(await _sign_in(connection, person, code))
        if time.monotonic() > deadline:
            break
    connection.close()
    return seconds


async def _sign_in(connection: Connection, person: Person, code: str) -> float | None:
    """Return the seconds a sign-in took, or None when the server would not have it."""
    started = time.perf_counter()
    first = await connection.exchange(sign_in_request(person))
    if first.status != HTTPStatus.OK:
        return None
    second = await connection.exchange(post("/two-factor/verify-backup-code", challenge_of(first), code=code))
    return time.perf_counter() - started if second.status == HTTPStatus.OK else None


async def _ask_until(deadline: float, port: int, request: bytes) -> int:
    connection = await Connection.open(port)
    answered = 0
    while time.monotonic() < deadline:
        answer = await connection.exchange(request)
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise AssertionError("a wrong guess was taken for right")
        answered += 1
    connection.close()
    return answered
