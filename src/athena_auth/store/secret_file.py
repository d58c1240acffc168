"""The secret that is made beside an SQLite file when the operator gives none."""

import contextlib
import secrets
from pathlib import Path

from athena_auth.kernel.outcome import Unavailable
from athena_auth.store.files import draft_of, publish

_BYTES = 48
_LEAST = 32
"""Bytes, as of any secret."""


def secret_path(database: Path) -> Path:
    """Return where the secret of this file, or of this backup, is kept."""
    return database.with_name(database.name + ".secret")


def secret_beside(database: Path, *, makes_one: bool = True) -> bytes:
    """Return the secret kept in `<database>.secret`, readable by its owner only; make it the first time, if asked to.

    Raises:
        Unavailable: it cannot be read or written, or others can read it.
    """
    path = secret_path(database)
    if not path.parent.is_dir():
        raise Unavailable(
            f"cannot open the SQLite file {database}: the folder {path.absolute().parent} does not exist"
        )
    try:
        if not path.exists() and not makes_one:
            raise Unavailable(f"ATHENA_SECRET is not set, and there is no {path}")
        if not path.exists():
            # A process that starts at the same time may be faster: its secret counts.
            with contextlib.suppress(FileExistsError):
                write_secret(path, secrets.token_urlsafe(_BYTES).encode())
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"others can read {path}; take that away: chmod 600 {path}")
        secret = path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"cannot keep a secret in {path}: {error.strerror}") from None
    if len(secret) < _LEAST:
        # Cut short, by a full disk or a bad copy: serving with it would lock everybody out, or nobody.
        raise Unavailable(f"{path} holds no whole secret; restore it from a backup")
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Write a new file with this secret: at no time is half of it there.

    Raises:
        FileExistsError: there is such a file already.
        OSError: it cannot be written.
    """
    with draft_of(path) as draft:
        draft.write_bytes(secret + b"\n")
        publish(draft, path)
