"""What a second process adds, over one PostgreSQL:

    .venv/bin/python benchmarks/processes.py

Each number of processes serves session look-ups and wrong codes from 32 connections. The load generator and the
database share the machine, so that throughput ends where the machine is full; CPU per request, which should stay
the same, says what more cores would bring.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop
from cohort import Person, enrol, sign_in_request, sign_up, wrong_code
from cpu_meter import CpuMeter
from credentials import challenge_of
from databases import postgres_cluster
from load import LoadGenerator, get, post
from rig import Rig
from systems import Launch, Server, System

CONNECTIONS = 32
PEOPLE = 64
ROUNDS = 3
PROCESSES = (1, 2)
LOOK_UPS = 100
"""Session look-ups of each person in a round."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One round."""

    per_second: float
    server_ms: float
    database_ms: float
    server_cores: float


async def measure(server: Server, database: int) -> dict[str, list[Figures]]:
    load = LoadGenerator(server.port, CONNECTIONS)
    meters = CpuMeter(server.pid), CpuMeter(database)
    rig = Rig(load, LoadGenerator(server.port, 8), *meters, frozenset(), (server.mail_file,), {})
    people = await sign_up(rig, PEOPLE)
    await enrol(rig, people)
    look_ups = [get("/get-session", person.session) for person in people] * LOOK_UPS
    rounds: dict[str, list[Figures]] = {"get-session": [], "verify-totp, wrong code": []}
    for number in range(ROUNDS + 1):
        guesses = await _guesses(rig, people)
        for name, requests in (("get-session", look_ups), ("verify-totp, wrong code", guesses)):
            figures = await _batch(load, meters, requests)
            if number:  # the first warms up
                rounds[name].append(figures)
        await _forgive(rig, people)
    load.close()
    return rounds


async def _guesses(rig: Rig, people: Sequence[Person]) -> list[bytes]:
    answers = await rig.prepare([sign_in_request(person) for person in people])
    for person, answer in zip(people, answers, strict=True):
        person.challenges = [challenge_of(answer)]
    guess = [post("/two-factor/verify-totp", p.challenges[0], code=wrong_code(p)) for p in people]
    return guess * 4


async def _forgive(rig: Rig, people: Sequence[Person]) -> None:
    """Let everybody in, so that nobody is locked out in the next round."""
    codes = [
        post("/two-factor/verify-backup-code", p.challenges[0], code=p.backup_codes.pop()) for p in people
    ]
    await rig.prepare(codes)


async def _batch(
    load: LoadGenerator, meters: tuple[CpuMeter, CpuMeter], requests: Sequence[bytes]
) -> Figures:
    await load.connect()
    for meter in meters:
        meter.wait_until_idle()
    before = [meter.seconds() for meter in meters]
    done = await load.send(requests)
    server, database = (meter.seconds() - start for meter, start in zip(meters, before, strict=True))
    count = len(requests)
    return Figures(
        count / done.seconds, server * 1000 / count, database * 1000 / count, server / done.seconds
    )


@contextmanager
def served(folder: Path, url: str, secret: str, processes: int) -> Iterator[Server]:
    launch = Launch(System.ATHENA, folder / f"workers-{processes}", url, secret, workers=processes)
    with launch.running() as server:
        yield server


def main() -> None:
    """Measure and print a table."""
    print("| processes | request | requests/s | server + database CPU, ms | busy cores of the server |")
    print("| --- | --- | --- | --- | --- |")
    with (
        tempfile.TemporaryDirectory(prefix="athena-processes-") as name,
        postgres_cluster(Path(name)) as cluster,
    ):
        url, secret = cluster.create("athena"), secrets.token_urlsafe(48)
        for processes in PROCESSES:
            with (
                served(Path(name), url, secret, processes) as server,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                rounds = runner.run(measure(server, cluster.pid or 0))
            for request, figures in rounds.items():
                print(_row(processes, request, figures), flush=True)


def _row(processes: int, request: str, figures: Sequence[Figures]) -> str:
    per_second = median(each.per_second for each in figures)
    server, database = (
        median(getattr(each, name) for each in figures) for name in ("server_ms", "database_ms")
    )
    cores = median(each.server_cores for each in figures)
    return f"| {processes} | {request} | {per_second:,.0f} | {server:.2f} + {database:.2f} | {cores:.2f} |"


if __name__ == "__main__":
    main()
