"""`athena-auth tune`: finds the password hash cost that this machine can afford."""

import os
import statistics
import time

from rich.console import Console
from rich.table import Table

from athena_auth.crypto.passwords import EQUIVALENTS, Cost, PasswordHasher

_RUNS = 5
_MOST_MEMORY_KIB = 1_048_576
_STEP = 1.25


def tune(target: float) -> None:
    """Measure OWASP's equivalent costs, then print the strongest that stays within `target` CPU milliseconds."""
    console = Console(highlight=False)
    table = Table(
        "memory, KiB",
        "passes",
        "lanes",
        "CPU, ms",
        title="OWASP's equivalent costs, measured on this machine",
    )
    measured = {cost: _milliseconds(cost) for cost in EQUIVALENTS}
    for cost, milliseconds in measured.items():
        table.add_row(str(cost.memory_kib), str(cost.passes), str(cost.lanes), f"{milliseconds:.1f}")
    console.print(table)
    cost, milliseconds = _strongest_within(target, measured)
    threads = os.cpu_count() or 1
    if milliseconds > target:
        console.print(f"No cost that OWASP accepts stays within {target:.0f} ms here. The cheapest is:")
    else:
        console.print(f"The strongest cost within {target:.0f} ms of CPU for each sign-in:")
    console.print(f"  ATHENA_ARGON2_MEMORY={cost.memory_kib}")
    console.print(f"  ATHENA_ARGON2_PASSES={cost.passes}")
    console.print(
        f"It takes {milliseconds:.1f} ms: about {threads * 1000 / milliseconds:.0f} sign-ins a second on these "
        f"{threads} cores, and up to {threads * cost.memory_kib / 1024:.0f} MiB of memory for each process."
    )


def _strongest_within(target: float, measured: dict[Cost, float]) -> tuple[Cost, float]:
    cheapest = min(measured, key=lambda cost: measured[cost])
    best = max(
        (cost for cost in measured if measured[cost] <= target), key=lambda c: c.memory_kib, default=cheapest
    )
    found = best, measured[best]
    memory = best.memory_kib
    # Memory is what an attacker's hardware lacks most: raise it as far as the time allows.
    while measured[best] <= target and (memory := int(memory * _STEP)) <= _MOST_MEMORY_KIB:
        candidate = Cost(memory, best.passes)
        milliseconds = _milliseconds(candidate)
        if milliseconds > target:
            break
        found = candidate, milliseconds
    return found


def _milliseconds(cost: Cost) -> float:
    """Return the median CPU time of one hash, summed over its lanes."""
    hasher = PasswordHasher(cost)
    times = []
    for _ in range(_RUNS):
        started = time.process_time()
        hasher.hash("a password of usual length")
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)
