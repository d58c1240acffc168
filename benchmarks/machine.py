"""The facts about the machine that the figures hold for."""

import os
import platform
import re
import subprocess
from pathlib import Path

from systems import NODE


def machine_facts(folder: Path) -> dict[str, str]:
    """Return what the figures depend on besides the code; `folder` holds the databases."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count() or 0} cores",
        "Memory": f"{memory:.0f} GB",
        "System": f"{platform.system()} {platform.release()}",
        "Databases on": _file_system(folder),
        "Python": platform.python_version(),
        "Node": _node_version(),
    }


def load_average() -> str:
    """Return the last minute's; whatever else runs meanwhile takes caches and makes every request dearer."""
    return f"{os.getloadavg()[0]:.1f}"


def _cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _node_version() -> str:
    output = subprocess.run([str(NODE), "--version"], capture_output=True, text=True, check=True)
    return output.stdout.strip().removeprefix("v")


def _file_system(folder: Path) -> str:
    """Return the type of the file system a folder is on: an fsync is free on tmpfs and slow on a disk."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
    return max(above)[1]
