"""The secret that is created beside an SQLite file when the operator sets none."""

import contextlib
import secrets
from pathlib import Path

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.files import draft_of, publish

_BYTES = 48
_LEAST = 32
"""Bytes; the same minimum as for every secret."""


def secret_path(database: Path) -> Path:
    """Return the path of a database's or a backup's secret."""
    return database.with_name(database.name + ".secret")


def secret_beside(database: Path, *, makes_one: bool = True) -> bytes:
    """Return the secret in `<database>.secret`; create it, readable by its owner only, with `makes_one`.

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
            # Another process may be faster: then its secret is used.
            with contextlib.suppress(FileExistsError):
                write_secret(path, secrets.token_urlsafe(_BYTES).encode())
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"others can read {path}; take that away: chmod 600 {path}")
        secret = path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"cannot keep a secret in {path}: {error.strerror}") from None
    if len(secret) < _LEAST:
        # Truncated by a full disk or a bad copy: with it no stored value could be read, and new ones would be badly protected.
        raise Unavailable(f"{path} holds no whole secret; restore it from a backup")
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Write the secret to a new file, atomically.

    Raises:
        FileExistsError: the file already exists.
        OSError: it cannot be written.
    """
    with draft_of(path) as draft:
        draft.write_bytes(secret + b"\n")
        publish(draft, path)
