"""The figures as Markdown, and the facts about the machine they hold for."""

import os
import platform
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from rig import Measurement
from scenarios import BUDGETS, Scenario

Results = Mapping[Scenario, list[Measurement]]


def machine_facts(folder: Path) -> dict[str, str]:
    """Return what the figures depend on besides the code; `folder` holds the databases."""
    cpus = os.cpu_count() or 0
    return {
        "CPU": f"{_cpu_model()}, {cpus} cores",
        "System": f"{platform.system()} {platform.release()}",
        "Databases on": _file_system(folder),
        "Python": platform.python_version(),
    }


def load_average() -> str:
    """Return the last minute's; whatever else runs meanwhile takes caches and makes every request dearer."""
    return f"{os.getloadavg()[0]:.1f}"


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _file_system(folder: Path) -> str:
    """Return the type of the file system a folder is on: an fsync is free on tmpfs and slow on a disk."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
    return max(above)[1]


def markdown(facts: Mapping[str, str], sqlite: Results, postgres: Results) -> str:
    """Return both tables and the facts."""
    return "\n\n".join([_cpu_table(sqlite, postgres), _speed_table(sqlite, postgres), _list_of(facts)])


def _cpu_table(sqlite: Results, postgres: Results) -> str:
    rows = [
        "| CPU per request, ms | SQLite | budget | | PostgreSQL: server + database | budget | |",
        "|---|---|---|---|---|---|---|",
    ]
    for scenario, budget in BUDGETS.items():
        embedded = _median(sqlite[scenario], _server_ms)
        server, database = (_median(postgres[scenario], figure) for figure in (_server_ms, _database_ms))
        rows.append(
            f"| {scenario} | {embedded:.2f} | {budget.server:.2f} | {_verdict(embedded <= budget.server)} "
            f"| {server:.2f} + {database:.2f} | {budget.server:.2f} + {budget.database:.2f} "
            f"| {_verdict(server <= budget.server and round(database, 2) <= budget.database)} |"
        )
    return "\n".join(rows)


def _speed_table(sqlite: Results, postgres: Results) -> str:
    rows = [
        "| | SQLite: requests/s | p50, ms | p99, ms | PostgreSQL: requests/s | p50, ms | p99, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    speeds = [(scenario, _speed(sqlite[scenario]), _speed(postgres[scenario])) for scenario in BUDGETS]
    return "\n".join([*rows, *(f"| {' | '.join(speed)} |" for speed in speeds)])


def _speed(rounds: list[Measurement]) -> str:
    per_second = _median(rounds, lambda measured: measured.per_second)
    p50 = _median(rounds, lambda measured: measured.p50_ms)
    p99 = _median(rounds, lambda measured: measured.p99_ms)
    return f"{per_second:,.0f} | {p50:.1f} | {p99:.1f}"


def _list_of(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _median(rounds: list[Measurement], figure: Callable[[Measurement], float]) -> float:
    return median(map(figure, rounds))


def _server_ms(measured: Measurement) -> float:
    return measured.server_ms


def _database_ms(measured: Measurement) -> float:
    return measured.database_ms


def _verdict(is_met: bool) -> str:  # noqa: FBT001 - it names the two values
    return "met" if is_met else "**missed**"
