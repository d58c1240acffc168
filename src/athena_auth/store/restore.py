"""Puts a backup in the place of an SQLite database: as a whole, and only while nobody has that database open."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from athena_auth.kernel.database_url import sqlite_url
from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.backup import copy, make_plain, written
from athena_auth.store.files import BESIDE_SQLITE, draft_of, publish
from athena_auth.store.migrate import migrate, schema_version
from athena_auth.store.secret_file import secret_beside, secret_path, write_secret

_IS_OPEN = ("SQLITE_BUSY", "SQLITE_LOCKED")
"""How the names of the errors begin."""


def restore(backup: Path, database: Path, prepare: Callable[[str], None], *, overwrites: bool) -> None:
    """Put a backup in the database's place, with its secret where the database has none.

    Args:
        backup: The file, with its secret beside it or not.
        database: The file of the settings.
        prepare: Changes the copy at this address, whose schema is this program's, before it is in place.
        overwrites: Whether a database that is there may be replaced.

    Raises:
        Unavailable: the backup is no database of ours or is damaged; or the database is there and may not be replaced, is in
            use, or has another secret. It is as it was.
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
                # First the secret: without it a server that starts would make a new one.
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
    """Keep everybody else out of a database; what is yielded puts a draft in its place."""
    if not database.exists():
        yield partial(_put_new, database)
        return
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as target:
        _lock(target, database)
        yield partial(_overwrite, database, target)


def _lock(target: sqlite3.Connection, database: Path) -> None:
    """Lock a database until the connection is closed.

    A server that is running holds a shared lock all the time, as each connection in WAL mode does, so this fails then.
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
    """Replace the content through the locked connection; SQLite undoes half of it after a crash.

    A new file of the same name would let a server that has just opened the old one write where nobody reads.
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
        # SQLite would replay a write-ahead log that another database of this name has left into this one.
        database.with_name(database.name + ending).unlink(missing_ok=True)
    publish(draft, database)


def _secret_to_restore(backup: Path, database: Path) -> bytes | None:
    """Return the backup's secret when the database has none. One that is in place is never replaced."""
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
