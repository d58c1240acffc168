"""CPU time of a process and everything below it (Linux)."""

import contextlib
import time

from process_tree import process_tree

_QUIET = 0.001
"""Seconds of CPU between two looks below which a process tree counts as idle."""
_LOOK = 0.025
_PATIENCE = 2.0


class CpuMeter:
    """Adds up user and system time over a tree of processes, those that ended meanwhile included."""

    def __init__(self, root: int) -> None:
        """Take the tree's root; it must outlive the meter."""
        self._root = root

    def seconds(self) -> float:
        """Return what the tree has used so far."""
        total = 0.0
        for process in process_tree(self._root):
            # It may have ended since it was listed; its parent's account has it from then on.
            with contextlib.suppress(OSError):
                total += _cpu_clock(process.pid) + process.ended_children
        return total

    def wait_until_idle(self) -> None:
        """Wait for work that goes on after an answer (mail, write-ahead log), so that it is counted too."""
        deadline = time.monotonic() + _PATIENCE
        before = self.seconds()
        while time.monotonic() < deadline:
            time.sleep(_LOOK)
            now = self.seconds()
            if now - before < _QUIET:
                return
            before = now


def _cpu_clock(pid: int) -> float:
    """Return a living process's CPU time to the nanosecond, that of its ended threads included.

    /proc counts in ticks of 10 ms, too coarse for a few hundred requests over a dozen PostgreSQL backends.
    The id of another process's clock is what clock_getcpuclockid(3) computes, which Python does not offer.
    """
    return time.clock_gettime((~pid << 3) | 2)
