"""`athena_auth.testing`, used wrongly or where it must not be: it says what to do instead."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from athena_auth import Athena, SettingsError, load_settings
from athena_auth.crypto.passwords import Cost, PasswordHasher
from athena_auth.testing import Person, ServerForTests, athena_for_tests
from athena_auth.testing.server import CheapHasher
from support.world import SECRET


@pytest.fixture
def athena(tmp_path: Path) -> Athena:
    return Athena(load_settings(secret=SECRET, database_url=f"sqlite:///{tmp_path}/real.db"))


@pytest.fixture
def server(athena: Athena) -> Iterator[ServerForTests]:
    with athena_for_tests(athena) as server:
        yield server


async def test_the_server_must_run_and_here(server: ServerForTests) -> None:
    with pytest.raises(RuntimeError, match="enter the lifespan"):
        await server.person()
    with pytest.raises(RuntimeError, match="enter the lifespan"):
        server.run(server.person())
    async with server.athena.lifespan():
        with pytest.raises(RuntimeError, match="await the coroutine"):
            server.run(server.person())

        def elsewhere() -> Person:
            return asyncio.run(server.person())

        with pytest.raises(RuntimeError, match=r"server\.run"):
            await asyncio.to_thread(elsewhere)


async def test_a_running_server_keeps_its_parts(athena: Athena) -> None:
    async with athena.lifespan():
        with pytest.raises(RuntimeError, match="cannot be replaced"), athena_for_tests(athena):
            pass
    with pytest.raises(RuntimeError, match="leave the application's lifespan"), athena_for_tests(athena):
        await athena.start()
    await athena.stop()


async def test_what_the_server_refuses_is_shown(server: ServerForTests) -> None:
    async with server.athena.lifespan():
        ada = await server.person()
        with pytest.raises(AssertionError, match="USER_ALREADY_EXISTS"):
            await server.person(ada.email)
        with pytest.raises(RuntimeError, match="level=2"):
            ada.code()
        with pytest.raises(ValueError, match="level"):
            await server.person("bob@example.com", level=3)


@pytest.mark.parametrize("name", ["database_url", "secret", "secrets", "rate_limit_url", "sesion_ttl"])
def test_settings_of_the_real_server_and_of_none_are_refused(athena: Athena, name: str) -> None:
    given: dict[str, Any] = {name: "x"}
    with pytest.raises(TypeError, match=name), athena_for_tests(athena, **given):
        pass


def test_a_weak_hash_is_had_from_here_only(athena: Athena) -> None:
    assert CheapHasher().hash("a password").startswith("$argon2id$v=19$m=8,t=1,p=1$")
    with pytest.raises(ValueError, match="OWASP"):
        PasswordHasher(Cost(memory_kib=8, passes=1))
    with (
        pytest.raises(SettingsError, match="OWASP"),
        athena_for_tests(athena, argon2_memory=7_168, argon2_passes=1),
    ):
        pass


def test_the_server_does_not_import_it() -> None:
    script = "import sys, athena_auth, athena_auth.cli.main; athena_auth.Athena, athena_auth.create_app; "
    script += "assert not any(name.startswith('athena_auth.testing') for name in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
