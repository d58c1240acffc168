"""Messages are discarded only if the operator asked for that; then each start warns about it."""

import json
import logging
import socket
from pathlib import Path

import pytest

from athena_auth import Athena, SettingsError, load_settings
from support.mailbox import Mailbox
from support.process import Server, serving, wait_for
from support.world import SECRET

HTTPS = "https://auth.example.com"


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def warnings_of(server: Server) -> list[str]:
    lines = [json.loads(line) for line in server.log.splitlines()]
    return [line["setting"] for line in lines if line["event"].endswith(".not_delivered")]


async def start(caplog: pytest.LogCaptureFixture, transport: Mailbox | None, **settings: str) -> list[str]:
    """Start and stop a server inside a host; return its warnings of undelivered messages."""
    caplog.clear()
    athena = Athena(load_settings(secret=SECRET, **settings), transport=transport)
    with caplog.at_level(logging.WARNING, "athena_auth"):
        async with athena.lifespan():
            pass
    return [line.partition(" meanwhile=")[0] for line in caplog.messages if ".not_delivered" in line]


async def test_a_host_on_https_must_say_where_mail_goes(sqlite_url: str) -> None:
    """Without a setting, codes and reset links of real users were printed into the log of the host."""
    with pytest.raises(SettingsError, match="ATHENA_MAIL_URL is not set"):
        Athena(load_settings(secret=SECRET, database_url=sqlite_url, base_url=HTTPS))


async def test_undelivered_messages_are_warned_about_at_each_start(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mail, text = (
        "event=mail.not_delivered setting=ATHENA_MAIL_URL",
        "event=text.not_delivered setting=ATHENA_SMS_URL",
    )
    file, https = f"file://{tmp_path}/outbox.jsonl", {"database_url": sqlite_url, "base_url": HTTPS}

    assert await start(caplog, None, **https, mail_url="console:") == [mail]
    assert await start(caplog, None, **https, mail_url="Console:") == [mail]
    assert await start(caplog, None, **https, mail_url=file, sms_url="console:") == [mail, text]
    assert await start(caplog, Mailbox(), **https, sms_url=file) == [text]


async def test_a_server_of_a_developer_and_a_host_with_its_own_mail_hear_nothing(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await start(caplog, None, database_url=sqlite_url) == []
    assert await start(caplog, None, database_url=sqlite_url, mail_url="console:", sms_url="console:") == []
    assert await start(caplog, Mailbox(), database_url=sqlite_url, base_url=HTTPS) == []


def test_each_process_of_a_server_that_prints_its_codes_warns(tmp_path: Path, postgres_url: str) -> None:
    """The two workers, and after a restart the two workers again; the codes go where each of them prints."""
    for _ in range(2):
        settings = {
            "database_url": postgres_url,
            "base_url": HTTPS,
            "mail_url": "console:",
            "port": free_port(),
        }
        with serving(tmp_path, "--workers", "2", secret=SECRET, **settings) as server:
            wait_for(lambda: len(warnings_of(server)) == 2 or None, "a warning of each worker")

        assert warnings_of(server) == ["ATHENA_MAIL_URL"] * 2
        assert "Sent codes  printed here (ATHENA_MAIL_URL)" in server.announcement
