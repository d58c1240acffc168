"""`make test-fast` leaves out what is marked `slow`, and nothing else; `make test` leaves out nothing."""

import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

from support.cluster import cluster
from support.person import Person, sign_up
from support.process import Server, run_athena
from support.selection import starts_programs

ROOT = Path(__file__).parents[1]
PYTEST = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]


def by_a_helper() -> None:
    def inside() -> None:
        with cluster():
            pass

    inside()


def listens() -> None:
    socket.create_server(("127.0.0.1", 0)).close()


def test_functions_that_start_programs_are_found() -> None:
    assert starts_programs(listens)
    assert starts_programs(run_athena)
    assert starts_programs(by_a_helper)
    assert not starts_programs(sign_up)
    assert not starts_programs(Person.sign_in)


def test_a_type_in_an_annotation_starts_nothing() -> None:
    def reads(server: Server) -> str:
        return server.log

    assert not starts_programs(reads)


def test_the_fast_run_leaves_out_what_is_marked_and_nothing_else() -> None:
    assert any(marker.startswith("slow: ") for marker in PYTEST["markers"])
    assert options("test-fast") == ["-n", "auto", "-m", '"not slow"', "--hypothesis-profile=fast"]


def test_the_whole_run_leaves_out_nothing() -> None:
    assert options("test") == ["-n", "auto"]
    assert PYTEST["addopts"] == ["-ra", "--import-mode=importlib"]
    assert PYTEST["testpaths"] == ["tests"]
    assert (ROOT / ".ci" / "run").read_text().endswith("make check\nmake test\n")


def test_what_starts_programs_or_needs_postgresql_is_marked() -> None:
    rules, mixed = "tests/rules/test_totp.py", "tests/invariants/test_i8_notifications.py"
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "not slow"]
    done = subprocess.run(
        [*command, rules, mixed, "tests/cli/test_serve.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    chosen = [line for line in done.stdout.splitlines() if "::" in line]

    assert {name.partition("::")[0] for name in chosen} == {rules, mixed}
    assert not [name for name in chosen if "[postgres" in name]
    assert [name for name in chosen if "[sqlite" in name]


def options(target: str) -> list[str]:
    """Return what a target of the Makefile gives to pytest."""
    [given] = re.findall(
        rf"^{target}:.*\n\t@\S+ tools/run_tests.py (.*) \$\(TESTS\)$",
        (ROOT / "Makefile").read_text(),
        re.MULTILINE,
    )
    return re.findall(r'"[^"]*"|\S+', given)
