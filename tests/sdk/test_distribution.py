"""The installed SDK: a separate wheel that needs three packages and not the server."""

import importlib.metadata
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from athena_auth import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "clients" / "python"
DEPENDENCIES = {"anyio", "httpx", "msgspec"}


def with_dependencies(names: Iterable[str]) -> set[str]:
    """Return these distributions, and those that they need in their turn."""
    found: set[str] = set()
    due = set(names)
    while due:
        name = due.pop()
        found.add(name)
        requirements = map(Requirement, importlib.metadata.requires(name) or ())
        needed = {r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})}
        due |= needed - found
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*command, "--wheel-dir", folder, PACKAGE], check=True, timeout=60)
    [built] = folder.iterdir()
    return built


def metadata_of(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what `pip install` of the wheel puts into an empty environment, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    for name in with_dependencies(DEPENDENCIES):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or ()} - {".."}:
            (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder


def run_in(environment: Path, statement: str) -> subprocess.CompletedProcess[str]:
    # Without this interpreter's own packages (-S), this working directory and its variables (-I).
    script = f"import sys; sys.path.append({str(environment)!r}); {statement}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )


def test_its_version_is_the_servers(wheel: Path) -> None:
    assert metadata_of(wheel)["Version"] == __version__


def test_the_wheel_holds_the_package_its_types_and_its_licence(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [licence] = [name for name in names if name.endswith("/LICENSE")]
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    sources = {str(path.relative_to(PACKAGE / "src")) for path in (PACKAGE / "src").rglob("*.py")}
    assert {name for name in names if ".dist-info/" not in name} == sources | {"athena_auth_client/py.typed"}


def test_it_requires_three_packages(wheel: Path) -> None:
    required = metadata_of(wheel).get_all("Requires-Dist") or []
    assert {requirement.partition(">=")[0] for requirement in required} == DEPENDENCIES


def test_it_works_where_there_is_no_server(environment: Path) -> None:
    ran = run_in(
        environment,
        "from athena_auth_client import AthenaClient; "
        "print(repr(AthenaClient().auth.sign_in.resume('2fa_1', ('totp',))))",
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "Challenge(methods=('totp',))\n"
    assert "No module named 'athena_auth'" in run_in(environment, "import athena_auth").stderr


def test_what_serves_is_set_up_without_it() -> None:
    server = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [server["dependencies"], *server["optional-dependencies"].values()]
    assert not [name for names in required for name in names if name.startswith(("athena", "httpx", "anyio"))]
    _, _, serving = (ROOT / "Makefile").read_text().partition("\n$(VENV)/.runtime:")
    assert "clients/python" not in serving.partition("\n\n")[0]
