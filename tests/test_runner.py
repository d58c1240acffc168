"""`make test` leaves no process behind, even when it is interrupted."""

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships none
import pytest

from support.process import PATIENCE, wait_for

RUNNER = Path(__file__).parents[1] / "tools" / "run_tests.py"
# A test that starts a daemon of its own session, as a database does, and then takes long.
LONG_TEST = """
import subprocess, sys, time
from pathlib import Path

def test_something_long():
    daemon = "import os, time; os.fork() and os._exit(0); os.setsid(); open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    subprocess.run([sys.executable, "-c", daemon], check=True)
    while not Path("stop").exists():
        time.sleep(0.05)
"""


@pytest.mark.parametrize("interrupted_by", [signal.SIGINT, signal.SIGTERM, None])
def test_a_daemon_of_a_test_ends_with_the_run(tmp_path: Path, interrupted_by: signal.Signals | None) -> None:
    (tmp_path / "test_long.py").write_text(LONG_TEST)
    runner = subprocess.Popen(
        [sys.executable, RUNNER, "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    daemon = wait_for(lambda: _process(tmp_path / "pid"), "the daemon")
    if interrupted_by is None:
        (tmp_path / "stop").touch()
    else:
        runner.send_signal(interrupted_by)

    code = runner.wait(2 * PATIENCE)

    assert (code == 0) is (interrupted_by is None)
    assert not daemon.is_running()


def _process(file: Path) -> psutil.Process | None:
    with suppress(OSError, ValueError, psutil.NoSuchProcess):
        return psutil.Process(int(file.read_text()))
    return None
