"""Run pytest, and leave no process behind, however it ends.

Databases, poolers and proxies of the tests are daemons: they would survive an interrupted test run and keep its ports and
memory. This process adopts orphaned descendants (PR_SET_CHILD_SUBREAPER, prctl(2)), forwards signals to pytest, and
finally stops every process that is left.
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_GRACE = 10.0
"""Seconds that remaining processes get to end by themselves."""


def main() -> int:
    """Return pytest's exit code."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started: list[subprocess.Popen[bytes]] = []
    # Before pytest starts, because it inherits ignored signals, and shells make background jobs ignore some.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _got, _frame: _interrupt(started))
    # Of a group of its own, so that a Ctrl-C reaches it once, by way of this process.
    tests = subprocess.Popen([sys.executable, "-m", "pytest", *sys.argv[1:]], process_group=0)
    started.append(tests)
    code = tests.wait()
    left = psutil.Process().children(recursive=True)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=_GRACE)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return code if code >= 0 else 128 - code


def _interrupt(started: "list[subprocess.Popen[bytes]]") -> None:
    for tests in started:
        with suppress(ProcessLookupError):
            # pytest ends in good order at SIGINT only, and so do its workers.
            os.kill(tests.pid, signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
