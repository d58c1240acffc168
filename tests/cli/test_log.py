"""The server's log: JSON for tools, lines for people, and never a secret."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.process import Server, serving, wait_for

OWN = "order-4711_a.b"


def events(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.splitlines()]


def event_of(server: Server, request_id: str) -> dict[str, Any]:
    """Wait for the line of a request: it is written after its answer is sent."""

    def find() -> dict[str, Any] | None:
        return next((event for event in events(server) if event.get("request_id") == request_id), None)

    return wait_for(find, f"the line of request {request_id}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with serving(tmp_path_factory.mktemp("log")) as running:
        yield running


def test_each_request_is_one_json_line_with_the_id_its_answer_had(server: Server) -> None:
    answers = [httpx.get(f"{server.base_url}{path}") for path in ("/ok", "/get-session", "/nothing-here")]

    logged = [event_of(server, answer.headers["x-request-id"]) for answer in answers]

    assert [event["path"] for event in logged] == ["/ok", "/get-session", "(unknown)"]
    assert [event["status"] for event in logged] == [200, 200, 404]
    assert all(event["event"] == "request" and event["timestamp"].endswith("Z") for event in logged)


def test_the_callers_own_request_id_is_kept_when_it_is_well_formed(server: Server) -> None:
    answer = httpx.get(f"{server.base_url}/ok", headers={"x-request-id": OWN})

    assert answer.headers["x-request-id"] == OWN
    assert event_of(server, OWN)["path"] == "/ok"


@pytest.mark.parametrize("given", ["short", "x" * 65, "with a space", 'a"quote-in-it', "%0aforged-line"])
def test_any_other_request_id_is_replaced(server: Server, given: str) -> None:
    """An id goes into the log as it is: what could forge a line of it or fill it is not taken."""
    answer = httpx.get(f"{server.base_url}/ok", headers={"x-request-id": given})

    made = answer.headers["x-request-id"]
    assert made != given
    assert event_of(server, made)["path"] == "/ok"
    assert given not in server.log


def test_no_secret_of_a_whole_sign_in_is_logged(server: Server) -> None:
    password, wrong = "correct horse battery staple", "wrong horse battery staple"
    with httpx.Client(base_url=server.base_url) as client:
        body = {"name": "Ada", "email": "ada@example.com", "password": password}
        token = client.post("/sign-up/email", json=body).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        enabled = client.post("/two-factor/enable", json={"password": password}, headers=bearer).json()
        client.post("/sign-in/email", json={"email": body["email"], "password": wrong})
        last = client.get(f"/verify-email?token={token}")

    event_of(server, last.headers["x-request-id"])
    secrets = [password, wrong, token, enabled["totpURI"], *enabled["backupCodes"]]
    assert not [secret for secret in secrets if secret in server.log]


def test_log_level_error_keeps_quiet_about_what_went_well(tmp_path: Path) -> None:
    with serving(tmp_path, log_level="error") as server:
        httpx.get(f"{server.base_url}/get-session")

    assert server.log == ""


def test_people_can_have_lines_instead(tmp_path: Path) -> None:
    with serving(tmp_path, log_format="console") as server:
        answer = httpx.get(f"{server.base_url}/get-session")

    line = next(line for line in server.log.splitlines() if "/get-session" in line)
    assert answer.headers["x-request-id"] in line
    assert not line.startswith("{")
