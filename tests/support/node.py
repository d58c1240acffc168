"""Runs Node and the TypeScript compiler."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from support.process import Server

ROOT = Path(__file__).parents[2]
NODE = Path(sys.executable).with_name("node")
PACKAGES = ROOT / "node_modules"
CLIENT = ROOT / "clients" / "javascript"
PATIENCE = 100.0
"""Seconds to wait for something that takes a few on an idle machine."""


def require(*needed: Path) -> None:
    """Fail with the command that installs them if any of these is missing."""
    for path in needed:
        assert path.exists(), f"{path.relative_to(ROOT)} is missing; run: make node_modules/.installed"


def node(
    *arguments: str | Path, folder: Path = ROOT, typed: str = "", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Node in this folder, with only this environment; `typed` is its standard input."""
    require(NODE)
    return subprocess.run(
        [NODE, *arguments],
        cwd=folder,
        env=environment or {},
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def run_scenarios(scenarios: Iterable[Path], server: Server, **environment: str) -> None:
    """Run them under Node's own test runner; fail unless each one ran and passed."""
    files = sorted(scenarios)
    options = ["--test", "--test-isolation=none", "--test-reporter=spec"]

    ran = node(*options, *files, environment={"OUTBOX": str(server.outbox), **environment})

    assert ran.returncode == 0, ran.stdout + ran.stderr
    counted = {kind: int(count) for kind, count in re.findall(r"^\S (\w+) (\d+)$", ran.stdout, re.MULTILINE)}
    assert counted["pass"] == counted["tests"] >= len(files) > 0, ran.stdout


def tsc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the TypeScript compiler in this folder, in strict mode."""
    compiler = PACKAGES / "typescript" / "bin" / "tsc"
    require(compiler)
    strict = ["--strict", "--noEmit", "--target", "es2022"]
    return node(compiler, *strict, *arguments, folder=folder)


def type_check(folder: Path, *arguments: str) -> None:
    """Fail with the compiler's output if it finds an error."""
    checked = tsc(folder, *arguments)
    assert checked.returncode == 0, checked.stdout + checked.stderr
