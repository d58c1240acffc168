"""Opens SQLite files, and explains SQLite's errors."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.transaction import OwnerGone, UniqueViolation

_BUSY_TIMEOUT = 2.0
_LOW_BYTE = 0xFF
"""Of an extended result code, the primary one."""
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process holds the file; stop it, or raise ATHENA_LOCK_TIMEOUT",
    sqlite3.SQLITE_CANTOPEN: "make sure that the folder is there and this user may write to it",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore a backup",
    sqlite3.SQLITE_FULL: "the disk is full; make room on it",
    sqlite3.SQLITE_IOERR: "the disk does not read or write; look at it",
    sqlite3.SQLITE_LOCKED: "another process holds the file; stop it, or raise ATHENA_LOCK_TIMEOUT",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    sqlite3.SQLITE_READONLY: "the file or its folder cannot be written; give them to the user who serves",
}
_UNIQUE = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})


def connect(
    path: Path, *, read_only: bool = False, busy_timeout: float = _BUSY_TIMEOUT
) -> sqlite3.Connection:
    """Open the file with the settings of every connection; create it when it is missing.

    Args:
        path: The file.
        read_only: Whether the connection refuses to write.
        busy_timeout: Seconds to wait for another process that is writing.

    Raises:
        Unavailable: it cannot be opened; the message says what to do.
    """
    try:
        if not path.exists():
            # It holds hashes and email addresses. SQLite gives the files beside it the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=busy_timeout
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        # FULL: a code that was accepted must stay used through a power cut (I3).
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except OSError as error:
        raise Unavailable(f"cannot open the SQLite file {path}: {_reason(path, error)}") from None
    except sqlite3.Error as error:
        raise Unavailable(f"cannot open the SQLite file {path}: {explain(error)}") from None
    return connection


@contextmanager
def translated() -> Iterator[None]:
    """Translate the driver's exceptions into those a use case knows."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in _UNIQUE:
            raise UniqueViolation from None
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise OwnerGone from None
        raise
    except sqlite3.DatabaseError as error:
        # Misuse (a closed connection, a wrong number of parameters) is a bug of this program, not an outage.
        if isinstance(error, sqlite3.ProgrammingError):
            raise
        raise Unavailable(f"SQLite: {explain(error)}") from error


def explain(error: sqlite3.Error) -> str:
    """Return SQLite's message, and what to do about it."""
    code = getattr(error, "sqlite_errorcode", 0) & _LOW_BYTE
    return f"{error}; {_ADVICE[code]}" if code in _ADVICE else str(error)


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"the folder {path.absolute().parent} does not exist"
    return error.strerror or str(error)
