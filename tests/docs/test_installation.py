"""The install commands in pages and error messages work. The package is on no index, so they use the checkout."""

import importlib.metadata
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READ = ["*.md", "docs/**/*.md", "examples/**/*.md", "clients/**/*.md", "src/**/*.py", "examples/**/*.py"]
PLACES = [
    path
    for pattern in READ
    for path in sorted(ROOT.glob(pattern))
    if "node_modules" not in path.parts and "pip install" in path.read_text()
]
COMMAND = re.compile(r"\bpip install ((?:(?!&&)[^`\n\"])+)")
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CHECKOUT = re.compile(r"(?:\.|\./athena-auth)(?:\[(\w+)\])?")
"""Where the current directory is the checkout, or holds it under the name that git gives it."""
SDK = {"./clients/python", "./athena-auth/clients/python"}
OFFLINE = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_DRY_RUN": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # pip takes the variable for the option's opposite
    "PIP_NO_DEPS": "1",
    "PIP_NO_INDEX": "1",
}


def targets_in(text: str) -> Iterator[str]:
    for command in COMMAND.findall(text):
        for word in shlex.split(command):
            # In the code the name of an extra may be filled in later.
            if not word.startswith("-") and "{" not in word:
                yield word


def extras() -> set[str]:
    return set(importlib.metadata.metadata("athena-auth").get_all("Provides-Extra") or ())


def install(commands: str, folder: Path) -> str:
    """Run these commands as a reader would, with pip told to change nothing and to ask nobody."""
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **OFFLINE}
    ran = subprocess.run(
        ["/bin/bash", "-euc", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "does not provide the extra" not in ran.stderr
    return ran.stdout


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """Return a folder that holds the checkout."""
    (tmp_path / "athena-auth").symlink_to(ROOT)
    return tmp_path


@pytest.mark.parametrize("path", PLACES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_to_be_installed_is_the_checkout_or_what_the_tests_run_with(path: Path) -> None:
    for target in targets_in(path.read_text()):
        ours = CHECKOUT.fullmatch(target)
        if target in SDK:
            continue
        if ours is None:
            importlib.metadata.distribution(target)
            # The tests run with ourselves too, but nobody who asks an index finds us there.
            assert not target.startswith("athena"), target
        else:
            assert ours[1] in {None, *extras()}, target


def test_the_tutorial_begins_with_a_command_that_works(beside: Path) -> None:
    [first, *_] = SHELL.findall((ROOT / "docs" / "tutorial.md").read_text())
    environment, command = first.splitlines()
    assert environment == "python3 -m venv .venv && . .venv/bin/activate"
    assert command.startswith("pip install ")

    assert "Would install athena-auth-" in install(command, beside)


@pytest.mark.parametrize("extra", sorted(extras()))
def test_each_extra_can_be_installed_from_beside_the_checkout_and_from_inside(
    extra: str, beside: Path
) -> None:
    assert "Would install athena-auth-" in install(f"pip install './athena-auth[{extra}]'", beside)
    assert "Would install athena-auth-" in install(f"pip install '.[{extra}]'", ROOT)


def test_the_sdk_can_be_installed_from_beside_the_checkout_and_from_inside(beside: Path) -> None:
    assert "Would install athena-auth-client-" in install("pip install ./athena-auth/clients/python", beside)
    assert "Would install athena-auth-client-" in install("pip install ./clients/python", ROOT)
