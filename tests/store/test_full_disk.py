"""A full disk: acknowledged changes are kept, others are refused, and the server keeps running."""

from pathlib import Path

import httpx

from support.process import serving, serving_under
from support.services import require

_MOST_BYTES = 500_000
"""Of a file: the kernel refuses to let one grow beyond that, as a full disk does."""
PASSWORD = "correct horse battery"


def sign_up_until_it_is_refused(client: httpx.Client) -> tuple[list[str], httpx.Response]:
    """Return the addresses that were acknowledged, and the first refusal."""
    acknowledged: list[str] = []
    while True:
        email = f"ada{len(acknowledged)}@example.com"
        body = {"email": email, "name": "A" * 100, "password": PASSWORD}
        answer = client.post("/sign-up/email", json=body)
        if answer.status_code != 200:
            return acknowledged, answer
        acknowledged.append(email)


def test_sqlite_on_a_full_disk_loses_nothing_acknowledged(tmp_path: Path) -> None:
    limited = (require("prlimit", "util-linux"), f"--fsize={_MOST_BYTES}")
    with serving_under(limited, tmp_path, argon2_memory="7168", argon2_passes="5") as server:
        with httpx.Client(base_url=server.base_url) as client:
            acknowledged, refused = sign_up_until_it_is_refused(client)
            assert refused.status_code == 503, refused.text
            assert "retry-after" in refused.headers
            assert client.get("/ok").status_code == 200
            assert client.get("/get-session").status_code == 200
        assert "the disk" in server.log
        assert "request.failed" not in server.log

    with serving(tmp_path) as server, httpx.Client(base_url=server.base_url) as client:
        for email in acknowledged[-20:]:
            answer = client.post("/sign-in/email", json={"email": email, "password": PASSWORD})
            assert answer.status_code == 200, email
        body = {"email": "after@example.com", "name": "A", "password": PASSWORD}
        assert client.post("/sign-up/email", json=body).status_code == 200
