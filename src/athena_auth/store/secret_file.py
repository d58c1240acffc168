"""The secret that is made beside an SQLite file when the operator gives none."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from athena_auth.kernel.outcome import Unavailable

_BYTES = 48
_LEAST = 32
"""Bytes, as of any secret."""


def secret_beside(database: Path, *, makes_one: bool = True) -> bytes:
    """Return the secret kept in `<database>.secret`, readable by its owner only; make it the first time, if asked to.

    Raises:
        Unavailable: it cannot be read or written, or others can read it.
    """
    path = database.with_name(database.name + ".secret")
    if not path.parent.is_dir():
        raise Unavailable(
            f"cannot open the SQLite file {database}: the folder {path.absolute().parent} does not exist"
        )
    try:
        if not path.exists() and not makes_one:
            raise Unavailable(f"ATHENA_SECRET is not set, and there is no {path}")
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"others can read {path}; take that away: chmod 600 {path}")
        secret = path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"cannot keep a secret in {path}: {error.strerror}") from None
    if len(secret) < _LEAST:
        # Cut short, by a full disk or a bad copy: serving with it would lock everybody out, or nobody.
        raise Unavailable(f"{path} holds no whole secret; restore it from a backup")
    return secret


def _make(path: Path) -> None:
    """Write the whole file under another name first: a process that starts at the same time never reads half."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    draft = Path(name)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # the other process was faster: its secret counts
        os.link(draft, path)
    draft.unlink()
