"""Copies an SQLite database while it is in use.

A plain file copy would miss the write-ahead log and could mix old and new pages. SQLite's backup API reads one snapshot:
every transaction that was committed before it began, and no partial one. Writers do not wait.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.files import draft_of, publish
from athena_auth.store.secret_file import secret_beside, secret_path, write_secret

_PATIENCE = 5.0
"""Seconds to wait for another process that has the file locked."""


def back_up(database: Path, target: Path, *, with_secret: bool) -> None:
    """Write a verified copy of the database to a new file and, with `with_secret`, of its secret beside it.

    Raises:
        Unavailable: the database or its secret is missing or damaged; or the backup already exists or cannot be written.
    """
    if not database.exists():
        raise Unavailable(f"there is no SQLite file {database}")
    secret = _secret_of(database) if with_secret else None
    for path in [target, *([secret_path(target)] if with_secret else [])]:
        if path.exists():
            raise Unavailable(f"{path} exists, and a backup overwrites nothing: choose another name")
    with written(target), draft_of(target) as draft:
        copy(database, draft)
        publish(draft, target)
    if secret is not None:
        with written(secret_path(target)):
            write_secret(secret_path(target), secret)


def copy(source: Path, draft: Path) -> None:
    """Copy an SQLite file with its write-ahead log into one plain file, and check the copy's integrity.

    Raises:
        Unavailable: the source cannot be read, is damaged, or is not a database.
    """
    # Read-only, so that a mistyped path creates no file.
    address = f"{source.absolute().as_uri()}?mode=ro"
    try:
        with (
            contextlib.closing(_connect(address)) as reader,
            contextlib.closing(sqlite3.connect(draft)) as writer,
        ):
            # `backup` alone would wait for a locked file without a limit.
            reader.execute("BEGIN")
            reader.execute("SELECT 1 FROM sqlite_master LIMIT 1")
            reader.backup(writer)
            make_plain(writer)
            found: str = writer.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise Unavailable(f"cannot copy the SQLite file {source}: {error}") from None
    if found != "ok":
        raise Unavailable(f"the SQLite file {source} is damaged: {found.splitlines()[-1]}")


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_PATIENCE)


def make_plain(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the database file, which then holds everything.

    Raises:
        sqlite3.OperationalError: another process has the database open.
    """
    connection.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def written(target: Path) -> Iterator[None]:
    """Report a file that cannot be written as `Unavailable`."""
    try:
        yield
    except FileExistsError:
        raise Unavailable(f"{target} exists, and nothing is overwritten") from None
    except OSError as error:
        raise Unavailable(f"cannot write {target}: {error.strerror}") from None


def _secret_of(database: Path) -> bytes:
    if not secret_path(database).exists():
        raise Unavailable(
            f"there is no {secret_path(database)}: the secret is in the server's settings; keep a copy of those instead"
        )
    return secret_beside(database, makes_one=False)
