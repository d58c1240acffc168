"""Compile examples/rust before the tests run it, even on machines without cargo or without access to crates.

If cargo is missing, it is installed from Debian's packages, which needs root. If cargo cannot download the crates, they
are unpacked from Debian's packages into .crates, and examples/rust/.cargo/config.toml makes cargo use them. That needs
apt-get but not root, and changes nothing else on the machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "rust"
CRATES = ROOT / ".crates"
CONFIG = """\
# Written by tools/rust_example.py; remove this file to let cargo download the crates itself.
[source.crates-io]
replace-with = "debian"

[source.debian]
directory = "../../.crates"
"""
# The newest crates that Debian has tested together; those of a stable Debian are up to two years older.
SUITE = "testing"
# Debian's packages with a recent cargo: `cargo-web` is updated for browsers in older releases, `cargo` is recent since 13.
TOOLCHAINS = ("cargo-web", "cargo")
ONE_TRY = {"CARGO_NET_RETRY": "0", "CARGO_HTTP_TIMEOUT": "15"}


def succeeds(*command: str, **environment: str) -> bool:
    """Run a command silently in the example's folder, and return whether it succeeded. A missing command is a failure."""
    if not shutil.which(command[0]):
        return False
    silent = subprocess.DEVNULL
    done = subprocess.run(
        command, cwd=EXAMPLE, env=os.environ | environment, stdout=silent, stderr=silent, check=False
    )
    return done.returncode == 0


def manifest() -> dict[str, Any]:
    """Return the example's Cargo.toml."""
    return tomllib.loads((EXAMPLE / "Cargo.toml").read_text())


def has_cargo() -> bool:
    """Return whether there is a cargo that is new enough for the example."""
    if not shutil.which("cargo"):
        return False
    found = re.match(r"cargo (\d+)\.(\d+)", output("cargo", "--version"))
    needed: str = manifest()["package"]["rust-version"]
    return found is not None and [int(part) for part in found.groups()] >= [
        int(part) for part in needed.split(".")
    ]


def install_cargo() -> None:
    """Install one, if this is root on a Debian.

    Raises:
        SystemExit: None can be had.
    """
    if succeeds("apt-get", "update"):
        install = ("apt-get", "install", "-y", "--no-remove", "--no-install-recommends")
        any(succeeds(*install, name, DEBIAN_FRONTEND="noninteractive") for name in TOOLCHAINS)
    if not has_cargo():
        version = manifest()["package"]["rust-version"]
        sys.exit(
            f"examples/rust needs Rust {version} or newer; on Debian, as root: "
            "apt-get install -y cargo-web (from Debian 13 on: cargo)"
        )


def wanted() -> list[str]:
    """Return the packages of the crates in Cargo.toml: `librust-tokio-1+rt-dev` is tokio 1 with its feature `rt`."""
    packages = []
    for name, wish in manifest()["dependencies"].items():
        version, features = (wish, []) if isinstance(wish, str) else (wish["version"], wish["features"])
        packages += [
            f"librust-{name.replace('_', '-')}-{version}+{feature}-dev" for feature in ["default", *features]
        ]
    return packages


class Apt:
    """APT for Debian's testing suite. It keeps its lists and state in a folder and does not change the machine's.

    Raises:
        SystemExit: This machine has no list of Debian's packages.
        CalledProcessError: The lists cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        options = {
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "APT::Sandbox::User": "root",
        }
        self._options = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        (folder / "lists" / "partial").mkdir(parents=True)
        (folder / "cache" / "archives" / "partial").mkdir(parents=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text(f"deb {_mirror()} {SUITE} main\n")
        self.run("update")

    def run(self, *arguments: str) -> str:
        """Run `apt-get` in the folder and return what it prints."""
        return output("apt-get", "-q", *self._options, *arguments, folder=self._folder)

    def crates_for(self, packages: list[str]) -> list[str]:
        """Return these packages and those that they depend on, as far as they are crates."""
        plan = self.run("install", "--simulate", "--no-install-recommends", *packages)
        return re.findall(r"^Inst (librust-\S+)", plan, re.MULTILINE)


def _mirror() -> str:
    """Return the Debian mirror of this machine."""
    query = ("Created-By: Packages", "Origin: Debian", "Label: Debian", "Component: main")
    found = output("apt-get", "indextargets", "--format", "$(REPO_URI)", *query).split()
    if not found:
        sys.exit("Here the example's crates come from Debian's packages; as root, first: apt-get update")
    return found[0]


def output(*command: str, folder: Path = EXAMPLE) -> str:
    """Run a command and return what it prints.

    Raises:
        CalledProcessError: It failed; it has said why on standard error.
    """
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


def unpack_crates() -> None:
    """Fill `CRATES` from Debian's packages and make cargo use it.

    Raises:
        CalledProcessError: A package cannot be had.
    """
    shutil.rmtree(CRATES, ignore_errors=True)
    # Beside the place they go to, so that they get there whole or not at all.
    with TemporaryDirectory(dir=ROOT, prefix=".crates-") as scratch:
        folder = Path(scratch)
        apt = Apt(folder)
        apt.run("download", *apt.crates_for(wanted()))
        for package in folder.glob("*.deb"):
            output("dpkg-deb", "--extract", str(package), "unpacked", folder=folder)
        (folder / "unpacked" / "usr" / "share" / "cargo" / "registry").rename(CRATES)
    # It holds the checksums of other files than these.
    (EXAMPLE / "Cargo.lock").unlink(missing_ok=True)
    (EXAMPLE / ".cargo").mkdir(exist_ok=True)
    (EXAMPLE / ".cargo" / "config.toml").write_text(CONFIG)


def main() -> None:
    """Have cargo, have the crates, compile."""
    if not has_cargo():
        install_cargo()
    if not succeeds("cargo", "fetch", **ONE_TRY):
        if not shutil.which("apt-get"):
            sys.exit(
                "Cargo cannot fetch the example's crates; see what it says: cd examples/rust && cargo fetch"
            )
        unpack_crates()
    output("cargo", "build", "--quiet", "--offline")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"examples/rust is not compiled: {' '.join(error.cmd[:2])} failed")
