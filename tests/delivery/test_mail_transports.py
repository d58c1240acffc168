"""The console and file transports: what they write, who can read it, and when errors are found."""

import contextlib
import errno
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from athena_auth.delivery.model import EventContext, Message, MessageKind
from athena_auth.delivery.transport import DeliveryFailed, open_transport
from support.messages import URL, message_of

MESSAGE = message_of(MessageKind.TWO_FACTOR_OTP)


WRITER = """
import asyncio, sys
import msgspec
from athena_auth.delivery.model import Message
from athena_auth.delivery.transport import open_transport

async def write(url, message):
    transport = open_transport(url, None)
    for n in range(200):
        await transport.send(msgspec.structs.replace(message, code=str(n)))

message = msgspec.json.decode(sys.argv[2], type=Message)
print("ready", flush=True)
sys.stdin.read()
asyncio.run(write(sys.argv[1], message))
"""


def start_writer(url: str, name: str) -> subprocess.Popen[bytes]:
    """Start a process that appends 200 long lines once its standard input is closed."""
    message = msgspec.structs.replace(MESSAGE, to=f"{name}@{'x' * 3_000}.example")
    command = [sys.executable, "-c", WRITER, url, msgspec.json.encode(message).decode()]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class FullDevice(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def deliver(url: str, *messages: Message) -> None:
    transport = open_transport(url, None)
    for message in messages:
        await transport.send(message)
    await transport.close()


async def test_the_console_shows_what_a_developer_needs(capsys: pytest.CaptureFixture[str]) -> None:
    await deliver("console:", MESSAGE)
    shown = capsys.readouterr().out
    for expected in ("two-factor-otp", "ada@example.com", "482915", "2027-01-15 08:00:00 UTC"):
        assert expected in shown


@pytest.mark.parametrize("kind", [MessageKind.EMAIL_VERIFICATION, MessageKind.PASSWORD_RESET])
async def test_the_console_shows_a_link_whole(kind: MessageKind, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{URL}&next={'x' * 3_000}"
    await deliver("console:", message_of(kind, url=url))
    shown = capsys.readouterr().out
    assert f"| link  {url}\n" in shown
    assert "2027-01-15 08:00:00 UTC" in shown


async def test_the_console_tells_news_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    await deliver("console:", message_of(MessageKind.DEVICE_TRUSTED))
    shown = capsys.readouterr().out
    assert "| mail  device-trusted\n" in shown
    assert "| about Your Athena account trusts a new device\n" in shown
    assert "None" not in shown


async def test_a_link_cannot_drive_the_developers_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    await deliver("console:", message_of(MessageKind.PASSWORD_RESET, url="https://x.example/\x1b[2J\r\n| to"))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 6


async def test_an_address_cannot_drive_the_developers_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    await deliver("console:", msgspec.structs.replace(MESSAGE, to="ada\x1b[2J\r\n@example.com"))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert len(shown.splitlines()) == 6


async def test_the_console_speaks_to_a_terminal_without_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    await deliver("console:", msgspec.structs.replace(MESSAGE, to="zoë@example.com"))
    terminal.seek(0)
    assert "482915" in terminal.read()


async def test_a_full_terminal_is_a_temporary_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", FullDevice())
    with pytest.raises(DeliveryFailed, match="No space left") as failed:
        await deliver("console:", MESSAGE)
    assert not failed.value.permanent


async def test_the_file_gets_one_json_object_a_line(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    second = msgspec.structs.replace(MESSAGE, to="zoë@bücher.example", code="000001")
    await deliver(outbox.as_uri(), MESSAGE, second)
    assert [msgspec.json.decode(line) for line in outbox.read_bytes().splitlines()] == [
        {
            "to": "ada@example.com",
            "kind": "two-factor-otp",
            "code": "482915",
            "expiresAt": 1_800_000_000_000,
            "name": MESSAGE.name,
            "validFor": MESSAGE.valid_for,
        },
        {
            "to": "zoë@bücher.example",
            "kind": "two-factor-otp",
            "code": "000001",
            "expiresAt": 1_800_000_000_000,
            "name": MESSAGE.name,
            "validFor": MESSAGE.valid_for,
        },
    ]


async def test_the_file_tells_of_links_and_news_what_they_have_and_no_more(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    circumstances = EventContext(1_799_999_999_999, "192.0.2.7", "curl/8.14.1")
    used = message_of(MessageKind.BACKUP_CODE_USED, codes_left=0, context=circumstances)
    await deliver(outbox.as_uri(), message_of(MessageKind.PASSWORD_RESET), used)
    assert [msgspec.json.decode(line) for line in outbox.read_bytes().splitlines()] == [
        {
            "to": "ada@example.com",
            "kind": "password-reset",
            "url": URL,
            "expiresAt": 1_800_000_000_000,
            "name": "Ada",
            "validFor": 3600,
        },
        {
            "to": "ada@example.com",
            "kind": "backup-code-used",
            "expiresAt": 1_800_000_000_000,
            "codesLeft": 0,
            "at": 1_799_999_999_999,
            "ipAddress": "192.0.2.7",
            "userAgent": "curl/8.14.1",
            "name": "Ada",
        },
    ]


def test_the_file_is_its_owners_alone_from_the_moment_it_exists(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    open_transport(outbox.as_uri(), None)
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o600


async def test_a_removed_file_comes_back_with_the_next_message(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    transport = open_transport(outbox.as_uri(), None)
    outbox.unlink()
    await transport.send(MESSAGE)
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o600
    assert b"482915" in outbox.read_bytes()


async def test_a_relative_file_stays_where_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    transport = open_transport("file:out%20box.jsonl", None)
    monkeypatch.chdir("/")
    await transport.send(MESSAGE)
    assert b"482915" in (tmp_path / "out box.jsonl").read_bytes()


def test_lines_of_many_processes_never_run_into_each_other(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    names = ["ada", "bob", "cyd", "dee"]
    with contextlib.ExitStack() as running:
        writers = [running.enter_context(start_writer(outbox.as_uri(), name)) for name in names]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.close()
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    lines = [msgspec.json.decode(line) for line in outbox.read_bytes().splitlines()]
    assert sorted((line["to"][:3], int(line["code"])) for line in lines) == [
        (name, n) for name in names for n in range(200)
    ]


@pytest.mark.parametrize("path", ["missing/outbox.jsonl", "", "nul%00byte"])
def test_a_file_that_cannot_be_written_is_found_at_start(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match=r"^the outbox file '.*' cannot be written: [^\n]+\.$"):
        open_transport(f"{tmp_path.as_uri()}/{path}", None)


async def test_a_file_that_becomes_unwritable_is_a_temporary_failure(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.jsonl"
    transport = open_transport(outbox.as_uri(), None)
    outbox.unlink()
    outbox.mkdir()
    with pytest.raises(DeliveryFailed) as failed:
        await transport.send(MESSAGE)
    assert not failed.value.permanent
    assert "482915" not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["file:", "file://outbox.jsonl", "file://host/outbox.jsonl", "file:///x?y", "file:////x"]
)
def test_a_file_url_with_a_host_or_no_path_is_refused(url: str) -> None:
    """`file://outbox.jsonl` names a host; guessing would put codes in a place nobody looks at."""
    with pytest.raises(ValueError, match="three slashes"):
        open_transport(url, None)


@pytest.mark.parametrize(
    "url", ["", "console", "console:x", "/outbox.jsonl", "mailto:ada@example.com", "https://x.example"]
)
def test_any_other_url_is_answered_with_what_is_accepted(url: str) -> None:
    with pytest.raises(ValueError, match=r"console:, file:///absolute/path\.jsonl, smtp://.* smtps://"):
        open_transport(url, None)
