"""Debian's PgBouncer with its stock settings in front of a test's database, in one of its modes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from support.services import UNPRIVILEGED, free_port, give_away, require, running

Mode = Literal["session", "transaction"]
# Only what a test must set; the rest is the package's default, `ignore_startup_parameters` above all.
_SETTINGS = """
[databases]
athena = host={socket} port=5432 dbname={database} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
"""


@contextmanager
def pgbouncer(database_url: str, mode: Mode, *, size: int = 20) -> Iterator[str]:
    """Run a pooler of at most `size` server connections; yield the database's address through it."""
    program = require("pgbouncer", "pgbouncer")
    parts = urlsplit(database_url)
    [server_socket] = parse_qs(parts.query)["host"]
    port = free_port()
    with TemporaryDirectory(prefix="athena-pgbouncer-") as name:
        folder = give_away(Path(name))
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            _SETTINGS.format(
                socket=server_socket, database=parts.path.strip("/"), port=port, mode=mode, size=size
            )
        )
        with running([program, str(settings)], folder, port, user=UNPRIVILEGED):
            yield f"postgresql://postgres@127.0.0.1:{port}/athena"
