"""A process and everything below it (Linux)."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Process:
    """A living process."""

    pid: int
    parent: int
    ended_children: float
    """Seconds of CPU that children used which have ended."""
    resident: int
    """Bytes in memory."""


def process_tree(root: int) -> Iterator[Process]:
    """Return the root and its descendants."""
    processes = list(_all_processes())
    members = {root}
    yield from (process for process in processes if process.pid == root)
    while found := [p for p in processes if p.parent in members and p.pid not in members]:
        members.update(process.pid for process in found)
        yield from found


def resident_megabytes(root: int) -> float:
    """Return the memory a tree of processes holds, in units of 10^6 bytes."""
    return sum(process.resident for process in process_tree(root)) / 1e6


def _all_processes() -> Iterator[Process]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # proc_pid_stat(5); a command's name, in parentheses, may hold spaces and parentheses.
            fields = stat.read_text().rpartition(")")[2].split()
            ended = (int(fields[13]) + int(fields[14])) / _TICKS
            yield Process(int(stat.parent.name), int(fields[1]), ended, int(fields[21]) * _PAGE)
