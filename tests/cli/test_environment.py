"""Containers: variables that the orchestrator sets, users without a name, files that the server may not read."""

import os
import subprocess
from pathlib import Path

import httpx
import pytest

from athena_auth.settings import load_settings
from support.process import ATHENA, SECRET, environment, run_athena, run_athena_under, serving, serving_under
from support.services import require

# What Kubernetes tells each container of a Service called `athena-auth`, and of one called `athena`; Docker of a link.
KUBERNETES = {
    "ATHENA_AUTH_SERVICE_HOST": "10.43.0.7",
    "ATHENA_AUTH_SERVICE_PORT": "3001",
    "ATHENA_AUTH_SERVICE_PORT_HTTP": "3001",
    "ATHENA_AUTH_PORT": "tcp://10.43.0.7:3001",
    "ATHENA_AUTH_PORT_3001_TCP": "tcp://10.43.0.7:3001",
    "ATHENA_AUTH_PORT_3001_TCP_PROTO": "tcp",
    "ATHENA_AUTH_PORT_3001_TCP_PORT": "3001",
    "ATHENA_AUTH_PORT_3001_TCP_ADDR": "10.43.0.7",
    "ATHENA_SERVICE_HOST": "10.43.0.7",
    "ATHENA_SERVICE_PORT": "3001",
    "ATHENA_PORT": "tcp://10.43.0.7:3001",
    "ATHENA_PORT_3001_TCP": "tcp://10.43.0.7:3001",
    "ATHENA_MAIL_SERVICE_HOST": "10.43.0.8",
    "ATHENA_MAIL_PORT": "tcp://10.43.0.8:25",
}
DOCKER = {
    "ATHENA_NAME": "/web/athena",
    "ATHENA_ENV_LANG": "C.UTF-8",
    "ATHENA_PORT_3001_UDP": "udp://172.17.0.2:1",
}

# Runs a program as a number without a name.
NOBODY_KNOWN = (require("unshare", "util-linux"), "--user", "--map-user=54321")


def test_what_an_orchestrator_injects_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Service called `athena` sets ATHENA_PORT to an address: no pod in its namespace could start the server."""
    for name, value in {**KUBERNETES, **DOCKER}.items():
        monkeypatch.setenv(name, value)

    assert load_settings().port == 3001
    assert load_settings(port=4000).port == 4000


@pytest.mark.parametrize("name", ["ATHENA_SERVICE", "ATHENA_PORTS", "ATHENA_PORT_X", "ATHENA_HOSTS"])
def test_what_only_looks_like_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    ended = subprocess.run(
        [ATHENA, "serve", "--port", "0"],
        cwd=tmp_path,
        env=environment() | {name: "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert f"There is no setting {name}" in ended.stderr


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("ATHENA_APP_NAME=Caf\xe9\n".encode("latin-1"), "not a UTF-8 text file"),
        ("ATHENA_APP_NAME=Athena\n".encode("utf-16"), "not a UTF-8 text file"),
    ],
)
def test_an_env_file_in_another_encoding_is_one_sentence(tmp_path: Path, content: bytes, part: str) -> None:
    (tmp_path / ".env").write_bytes(content)

    ended = run_athena(tmp_path, "serve", port="0")

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert part in ended.stderr
    assert str(tmp_path / ".env") in ended.stderr


def test_an_env_file_that_may_not_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ATHENA_APP_NAME=Athena\n")
    (tmp_path / ".env").chmod(0)
    # Root may read everything, unless that right is taken away.
    powerless = (require("setpriv", "util-linux"), "--bounding-set=-dac_override,-dac_read_search")

    ended = run_athena_under(powerless if os.geteuid() == 0 else (), tmp_path, "serve", port="0")

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ".env cannot be read: Permission denied" in ended.stderr


def test_a_user_without_a_name_is_told_to_name_one(tmp_path: Path) -> None:
    """Containers run as numbers; the driver asked the system who that is, and ended with a traceback."""
    url = "postgresql://127.0.0.1/x"
    ended = run_athena_under(NOBODY_KNOWN, tmp_path, "serve", database_url=url, secret=SECRET, port="0")

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "ATHENA_DATABASE_URL: it names no user" in ended.stderr


def test_a_user_without_a_name_serves(tmp_path: Path) -> None:
    with serving_under(NOBODY_KNOWN, tmp_path) as server:
        assert httpx.get(f"{server.base_url}/ok").json() == {"ok": True}


def test_a_name_that_must_be_escaped_is_one_file_for_migration_and_server(tmp_path: Path) -> None:
    """The migration read `%3F` once more, and made the tables in a file called `what`."""
    with serving(tmp_path, database_url="sqlite:///what%3F.db") as server:
        body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
        assert httpx.post(f"{server.base_url}/sign-up/email", json=body).status_code == 200
    assert {path.name for path in tmp_path.glob("what*")} == {"what?.db", "what?.db.secret"}
