"""A host's logging: the server's events go there, and no other logging changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from athena_auth.kernel.log import Log
from support.world import SECRET

# A host that starts the server, logs something of its own, and has a request answered.
HOST = """
import asyncio, httpx, logging, structlog
{setting}
from athena_auth import Athena

async def main():
    athena = Athena()
    structlog.get_logger("host").info("request", user=1)
    async with athena.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(athena.asgi)) as client:
        await client.get("http://localhost:3001/ok")
        metrics = {{"authorization": "Bearer of-the-metrics-page"}}
        print((await client.get("http://localhost:3001/metrics", headers=metrics)).text)

asyncio.run(main())
"""
JSON = "structlog.configure(processors=[structlog.processors.JSONRenderer()])"
STDLIB = "logging.basicConfig(level='INFO', format='%(levelname)s %(name)s %(message)s')"


def run_host(folder: Path, setting: str) -> str:
    variables = {
        "ATHENA_SECRET": SECRET,
        "ATHENA_METRICS_TOKEN": "of-the-metrics-page",
        "PATH": os.environ["PATH"],
    }
    program = HOST.format(setting=setting)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("setting", "own", "ours"),
    [
        (JSON, '{"user": 1, "event": "request"}', '{"method": "GET", "path": "/ok", "status": 200'),
        (STDLIB, "user=1", "INFO athena_auth.server.edge event=request method=GET path=/ok status=200"),
        ("", "user=1", 'athena_requests_total{process="'),
    ],
    ids=["structlog", "logging", "nothing"],
)
def test_events_go_where_the_host_logs(tmp_path: Path, setting: str, own: str, ours: str) -> None:
    said = run_host(tmp_path, setting)

    assert own in said
    assert ours in said
    assert said.count('path="/ok",status="200"} 1') == 1, "the metrics count whatever the host logs"
    assert 'event="request"' not in said, "the host's own event is none of ours"


def test_a_host_that_logs_nothing_is_told_nothing(tmp_path: Path) -> None:
    assert "method=GET" not in run_host(tmp_path, "")


def test_no_value_breaks_a_line_or_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "athena_auth"):
        Log("athena_auth.test").info(
            "library", message='two\r\nlines, a "quote" and \x1b[31mred', nothing=None
        )

    assert caplog.messages == [r'event=library message="two\r\nlines, a \"quote\" and \u001b[31mred"']
