"""The secret that is generated next to an SQLite file if none is configured."""

import stat
from pathlib import Path

import httpx
import pytest

from support.process import SECRET, run_athena, serving

PASSWORD = "correct horse battery staple"


def test_the_secret_is_its_owners_alone_and_outlives_a_restart(tmp_path: Path) -> None:
    secret, database = tmp_path / "athena.db.secret", tmp_path / "athena.db"
    with serving(tmp_path) as server, httpx.Client(base_url=server.base_url) as client:
        body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        token = client.post("/sign-up/email", json=body).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        enabled = client.post("/two-factor/enable", json={"password": PASSWORD}, headers=bearer).json()
        made = secret.read_bytes()

    with serving(tmp_path) as server, httpx.Client(base_url=server.base_url) as client:
        shown = client.post("/two-factor/get-totp-uri", json={"password": PASSWORD}, headers=bearer).json()

    assert len(made.strip()) >= 32
    assert secret.read_bytes() == made
    assert shown["totpURI"] == enabled["totpURI"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (secret, database)] == [0o600, 0o600]
    assert made.decode().strip() not in server.log + server.announcement


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "athena.db.secret"
    secret.write_text(SECRET)
    secret.chmod(0o644)

    ended = run_athena(tmp_path, "serve", port="0")

    assert ended.returncode == 1
    assert "chmod 600 athena.db.secret" in ended.stderr
    assert SECRET not in ended.stderr


def test_a_given_secret_leaves_no_file(tmp_path: Path) -> None:
    with serving(tmp_path, secret=SECRET):
        assert (tmp_path / "athena.db").exists()
        assert not (tmp_path / "athena.db.secret").exists()


@pytest.mark.parametrize("content", ["", "\n", "cut short"])
def test_a_secret_file_that_was_cut_short_is_refused(tmp_path: Path, content: str) -> None:
    """Served with no bytes, every seal is under a key all the world knows."""
    secret = tmp_path / "athena.db.secret"
    secret.write_text(content)
    secret.chmod(0o600)

    refused = run_athena(tmp_path, "serve", port="0")

    assert refused.returncode == 1
    assert "no whole secret" in refused.stderr
