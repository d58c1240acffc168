"""Without an extra the server runs; what needs the extra says which one and how to install it."""

import subprocess
import sys

import pytest

# Python takes an entry of None for a module that is not installed.
WITHOUT = "import sys; sys.modules[{absent!r}] = None; import {module}"


@pytest.mark.parametrize(
    ("module", "absent", "extra"),
    [
        ("athena_auth.integrations.django", "django", "django"),
        ("athena_auth.integrations.litestar", "litestar", "litestar"),
    ],
)
def test_a_module_names_the_extra_it_cannot_be_imported_without(module: str, absent: str, extra: str) -> None:
    script = WITHOUT.format(module=module, absent=absent)

    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: athena_auth."), ended.stderr
    assert absent in last
    assert f"install the extra `{extra}`" in last
    assert f"pip install '.[{extra}]'" in last


@pytest.mark.parametrize("absent", ["httpx", "django", "litestar", "valkey", "apprise"])
def test_the_server_does_without_every_extra(absent: str) -> None:
    script = WITHOUT.format(module="athena_auth.cli.main, athena_auth, athena_auth.testing", absent=absent)
    script += "; athena_auth.Athena, athena_auth.create_app"

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
