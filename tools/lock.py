"""Write lock/*.txt: every package pinned to a version and to the hashes of its files.

`lock/build.txt` builds the package, `lock/runtime.txt` runs it, `lock/dev.txt` tests it with all its extras and the
Python SDK. They use the same version of a common package. `lock/bench.txt` has the server that benchmarks compare with,
and is independent.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "lock"
UV = Path(sys.executable).with_name("uv")
COMPILE = [
    str(UV),
    *("pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--no-emit-index-url"),
]


def compile_lock(name: str, *sources: str, stdin: str | None = None) -> None:
    """Resolve `sources` into lock/`name`.txt."""
    command = [*COMPILE, *sources, "--output-file", str(LOCK / f"{name}.txt")]
    subprocess.run(command, cwd=ROOT, check=True, text=True, input=stdin, stdout=subprocess.DEVNULL)


def main() -> None:
    """Resolve all sets. `dev` is constrained to the versions of `runtime`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # An editable install asks its backend for `editables` besides what the build itself requires.
    compile_lock("build", "-", stdin="\n".join([*project["build-system"]["requires"], "editables"]))
    compile_lock("runtime", "pyproject.toml")
    development = ("--all-extras", "--group", "dev")
    compile_lock(
        "dev",
        "pyproject.toml",
        "clients/python/pyproject.toml",
        *development,
        "--constraints",
        "lock/runtime.txt",
    )
    compile_lock("bench", "--group", "bench")


if __name__ == "__main__":
    main()
