"""`athena-auth backup`, `restore` and `after-restore`."""

from functools import partial
from pathlib import Path

import typer

from athena_auth.administration.after_restore import end_what_may_be_replayed
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.options import with_settings
from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.database_url import read_database_url
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import Settings
from athena_auth.store.backup import back_up
from athena_auth.store.restore import restore as restore_file

_BACKUP_ELSEWHERE = "this command backs up SQLite only: for PostgreSQL use pg_dump, or base backups with an archive of the write-ahead log"
_RESTORE_ELSEWHERE = "this command restores SQLite only: restore PostgreSQL with its own tools, then run athena-auth after-restore before any server starts"
_DISCARD = typer.Option(
    False,  # noqa: FBT003
    "--discard-backup-codes",
    help="Revoke all backup codes too. Codes that were used after the backup was taken cannot be told from unused ones.",
)
_ENDED = "All sessions, trusted devices, pending sign-ins, sent codes and mailed links were revoked."
_CODES_REMAIN = "Backup codes that were used after the backup was taken are valid again. To revoke all backup codes, run this with --discard-backup-codes."


@with_settings("database_url")
def backup(
    given: dict[str, str],
    file: Path = typer.Argument(help="The new file."),  # noqa: B008 - typer's way
    with_secret: bool = typer.Option(  # noqa: FBT001
        False,  # noqa: FBT003
        "--with-secret",
        help="Also copy the generated secret of the database to FILE.secret. Anyone who has both files can read the TOTP secrets.",
    ),
) -> None:
    """Copy the SQLite database to a new file, while the server runs.

    The copy contains every change that was acknowledged before the command began. It is verified, and readable by its owner
    only.
    """
    database = _sqlite_file(read_settings(given).database_url, _BACKUP_ELSEWHERE)
    try:
        back_up(database, file, with_secret=with_secret)
    except Unavailable as error:
        fail(str(error))
    typer.echo(f"The database was backed up to {file}.")


@with_settings("database_url")
def restore(
    given: dict[str, str],
    file: Path = typer.Argument(help="A file that athena-auth backup made."),  # noqa: B008 - typer's way
    force: bool = typer.Option(False, "--force", help="Replace the existing database."),  # noqa: FBT001, FBT003
    discard_backup_codes: bool = _DISCARD,  # noqa: FBT001
) -> None:
    """Replace the SQLite database by a backup, while no server runs.

    Used codes, ended sessions and old links would be valid again, so everything that could be replayed is revoked: users have
    to sign in again. Changes made after the backup are lost, including new passwords and removed factors. FILE.secret is
    restored if the database has no secret.
    """
    settings = read_settings(given)
    database = _sqlite_file(settings.database_url, _RESTORE_ELSEWHERE)
    make_safe = partial(_make_safe, settings, discards_backup_codes=discard_backup_codes)
    try:
        restore_file(file, database, make_safe, overwrites=force)
    except Unavailable as error:
        fail(str(error))
    typer.echo(f"The database was restored. {_ENDED}")
    if not discard_backup_codes:
        typer.echo(_CODES_REMAIN)


@with_settings("database_url")
def after_restore(given: dict[str, str], discard_backup_codes: bool = _DISCARD) -> None:  # noqa: FBT001
    """Make a database safe that was restored with other tools. Run this before any server starts.

    It revokes what athena-auth restore revokes: all sessions, trusted devices, pending sign-ins, sent codes and mailed links,
    and the codes that authenticator apps have shown so far. It is safe to run again.
    """
    try:
        settings = read_settings(given)
        _make_safe(settings, settings.database_url, discards_backup_codes=discard_backup_codes)
    except Unavailable as error:
        fail(str(error))
    typer.echo(_ENDED)
    if not discard_backup_codes:
        typer.echo(_CODES_REMAIN)


def _make_safe(settings: Settings, database_url: str, *, discards_backup_codes: bool) -> None:
    with_store(
        settings.model_copy(update={"database_url": database_url}),
        lambda store: end_what_may_be_replayed(
            store, SystemClock(), discards_backup_codes=discards_backup_codes
        ),
    )


def _sqlite_file(database_url: str, elsewhere: str) -> Path:
    path = read_database_url(database_url)
    if path is None:
        fail(elsewhere)
    return path
