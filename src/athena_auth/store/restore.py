"""Replaces an SQLite database with a backup, completely or not at all, and only while no process has it open."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from athena_auth.kernel.database_url import sqlite_url
from athena_auth.kernel.errors import Unavailable
from athena_auth.store.backup import copy, make_plain, written
from athena_auth.store.files import BESIDE_SQLITE, draft_of, publish
from athena_auth.store.migrate import migrate, schema_version
from athena_auth.store.secret_file import secret_beside, secret_path, write_secret

_IS_OPEN = ("SQLITE_BUSY", "SQLITE_LOCKED")
"""Prefixes of SQLite's names for the errors."""


def restore(backup: Path, database: Path, prepare: Callable[[str], None], *, overwrites: bool) -> None:
    """Replace the database with a backup, and add the backup's secret where the database has none.

    Args:
        backup: The file; its secret may be beside it.
        database: The file that the settings name.
        prepare: Called with the URL of the migrated copy, before it replaces the database.
        overwrites: Whether an existing database may be replaced.

    Raises:
        Unavailable: the backup is damaged or not a database of this program; or the database exists and may not be replaced,
            is in use, or has another secret. The database is unchanged.
    """
    with written(database):
        _refuse(backup, database, overwrites=overwrites)
        secret = _secret_to_restore(backup, database)
        with draft_of(database) as draft:
            copy(backup, draft)
            if schema_version(draft) is None:
                raise Unavailable(f"{backup} holds no database of Athena Auth")
            migrate(sqlite_url(draft))
            with _exclusive(database) as put:
                prepare(sqlite_url(draft))
                # The secret first: a server that starts without it would create a new one.
                if secret is not None:
                    write_secret(secret_path(database), secret)
                put(draft)


def _refuse(backup: Path, database: Path, *, overwrites: bool) -> None:
    if not backup.exists():
        raise Unavailable(f"there is no file {backup}")
    if not database.exists():
        return
    if database.samefile(backup):
        raise Unavailable(f"{backup} is the database itself")
    if not overwrites:
        raise Unavailable(f"{database} exists; stop the server, and replace the database with --force")


@contextmanager
def _exclusive(database: Path) -> Iterator[Callable[[Path], None]]:
    """Lock a database exclusively; yield a function that replaces it with a draft."""
    if not database.exists():
        yield partial(_put_new, database)
        return
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as target:
        _lock(target, database)
        yield partial(_overwrite, database, target)


def _lock(target: sqlite3.Connection, database: Path) -> None:
    """Lock a database until the connection is closed.

    This fails while a server is running: each connection in WAL mode holds a shared lock all the time.
    """
    try:
        target.execute("PRAGMA locking_mode=EXCLUSIVE")
        make_plain(target)
        target.execute("BEGIN EXCLUSIVE")
        target.execute("COMMIT")
    except sqlite3.Error as error:
        if error.sqlite_errorname.startswith(_IS_OPEN):
            raise Unavailable(f"a server has {database} open: stop it first") from None
        raise Unavailable(
            f"cannot open {database} ({error}): if it is damaged, move it and the files beside it away, and run this again"
        ) from None


def _overwrite(database: Path, target: sqlite3.Connection, draft: Path) -> None:
    """Replace the content through the locked connection; after a crash, SQLite rolls an incomplete replacement back.

    With a new file of the same name, a server that has just opened the old one would go on writing to that.
    """
    try:
        with contextlib.closing(sqlite3.connect(draft)) as source:
            source.backup(target)
    except sqlite3.Error as error:
        raise Unavailable(f"cannot write {database}: {error}") from None


def _put_new(database: Path, draft: Path) -> None:
    with contextlib.closing(sqlite3.connect(draft)) as connection:
        make_plain(connection)
    for ending in BESIDE_SQLITE:
        # SQLite would replay the write-ahead log of an earlier database of this name into this one.
        database.with_name(database.name + ending).unlink(missing_ok=True)
    publish(draft, database)


def _secret_to_restore(backup: Path, database: Path) -> bytes | None:
    """Return the backup's secret when the database has none. An existing secret is never replaced."""
    if not secret_path(backup).exists():
        return None
    secret = secret_beside(backup, makes_one=False)
    if not secret_path(database).exists():
        return secret
    if secret_beside(database, makes_one=False) != secret:
        raise Unavailable(
            f"{secret_path(database)} is another secret than {secret_path(backup)}: "
            "move it away, keep it, and run this again"
        )
    return None
