"""CPU per request of the real server, over SQLite and over PostgreSQL: `make bench`.

One server process answers 8 keep-alive connections, each of which sends its next request when it has the
answer to the last. CPU is user and system time of the whole process tree, mail sent after the answer
included; the database's own processes are counted apart. Every figure is the median over rounds of new
people, after a warm-up. Nothing is asserted about time: a budget that is missed is reported as missed.

The server runs with its default settings and logs every request, to a file; only limits by address are off.
Linux only: CPU is read from /proc and from process clocks.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop
from cohort import run_cohort
from cpu_meter import CpuMeter
from load import load_generator
from report import Results, load_average, machine_facts, markdown
from rich.console import Console
from rich.status import Status
from rig import Rig
from scenarios import Scenario
from systems import Database, Server, postgres_database, running_server, sqlite_database


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: rounds, people in each, and people who warm the server up."""

    rounds: int
    people: int
    warm_up: int


FULL = Plan(rounds=5, people=200, warm_up=64)
QUICK = Plan(rounds=3, people=48, warm_up=32)


def main() -> None:
    """Measure, print the tables, write the JSON."""
    arguments = _arguments()
    plan = QUICK if arguments.quick else FULL
    facts = machine_facts(Path(tempfile.gettempdir()))
    load_before = load_average()
    with Console(stderr=True).status("starting") as status:
        sqlite = _measure(sqlite_database, plan, facts, status)
        postgres = _measure(postgres_database, plan, facts, status)
    facts["Load average"] = f"{load_before} before, {load_average()} after"
    print(markdown(facts, sqlite, postgres))
    if arguments.json is not None:
        document = {
            "plan": asdict(plan),
            "machine": facts,
            "sqlite": _plain(sqlite),
            "postgres": _plain(postgres),
        }
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="fewer people and rounds: rougher, in 40 seconds"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="write every round's figures to this file")
    return parser.parse_args()


def _measure(
    open_database: Callable[[Path], AbstractContextManager[Database]],
    plan: Plan,
    facts: dict[str, str],
    status: Status,
) -> Results:
    with tempfile.TemporaryDirectory(prefix="athena-bench-") as name:
        folder = Path(name)
        with open_database(folder) as database, running_server(folder, database) as server:
            facts[database.product] = database.version
            work = _run_rounds(server, database, plan, status)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(work)


async def _run_rounds(server: Server, database: Database, plan: Plan, status: Status) -> Results:
    place = f"{database.product}, warming up"

    def announce(scenario: Scenario) -> None:
        status.update(f"{place}: {scenario}")

    meter = CpuMeter(server.pid)
    database_meter = None if database.pid is None else CpuMeter(database.pid)
    async with load_generator(server.port) as load:
        rig = Rig(load, meter, database_meter, announce)
        await run_cohort(rig, server.mail_file, plan.warm_up)
        rig.measurements.clear()
        for number in range(1, plan.rounds + 1):
            place = f"{database.product}, round {number} of {plan.rounds}"
            await run_cohort(rig, server.mail_file, plan.people)
    return rig.measurements


def _plain(results: Results) -> dict[str, list[dict[str, float]]]:
    return {scenario.value: [asdict(measured) for measured in rounds] for scenario, rounds in results.items()}


if __name__ == "__main__":
    main()
