"""The metrics for Prometheus."""

from pathlib import Path

import httpx
import pytest

from athena_auth.server.metrics import LogCounters
from support.process import serving, wait_for
from support.world import World, world_over

TOKEN = "a metrics token of the operator"


async def test_without_a_token_there_is_no_such_page(sqlite_world: World) -> None:
    answer = await (await sqlite_world.client()).get("/metrics")

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "shown", [None, "Bearer", "Bearer another token", f"Basic {TOKEN}", f"Bearer {TOKEN} "]
)
async def test_only_who_shows_the_token_is_told(sqlite_url: str, shown: str | None) -> None:
    async with world_over(sqlite_url, metrics_token=TOKEN) as world:
        headers = {} if shown is None else {"authorization": shown}
        answer = await (await world.client(**headers)).get("/metrics")

        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


def test_requests_and_failures_are_counted(tmp_path: Path) -> None:
    """A dead mail server must be seen by whoever watches, not only by whoever waits for a code."""
    settings = {
        "metrics_token": TOKEN,
        "mail_url": "smtp://127.0.0.1:9",
        "mail_from": "Athena <no-reply@example.com>",
    }
    with serving(tmp_path, **settings) as server, httpx.Client(base_url=server.base_url) as client:
        body = {"email": "ada@example.com", "password": "correct horse battery staple", "name": "Ada"}
        client.post("/sign-up/email", json=body)
        client.get("/not-a-path/with-a-secret")
        client.post("/request-password-reset", json={"email": "ada@example.com"})
        told = _told(client, until="mail.failed")

    assert 'path="/sign-up/email",status="200"} 1' in told
    assert 'path="(unknown)",status="404"} 1' in told
    assert 'event="mail.failed",level="warning"} ' in told
    assert "secret" not in told
    assert "ada" not in told


def _told(client: httpx.Client, until: str) -> str:
    def told() -> str | None:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        return answer.text if until in answer.text else None

    return wait_for(told, until)


def test_what_a_library_says_becomes_no_label() -> None:
    """Its text may hold anything: a line break ends a number, a quote a label."""
    counters = LogCounters()
    counters.note("warning", "library", {"message": 'a "text"\nof somebody else'})

    assert "somebody" not in counters.exposition()
