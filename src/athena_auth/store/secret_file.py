"""The secret that is made beside an SQLite file when the operator gives none."""

import contextlib
import os
import secrets
from pathlib import Path

from athena_auth.kernel.outcome import Unavailable

_BYTES = 48


def secret_beside(database: Path) -> bytes:
    """Return the secret kept in `<database>.secret`, readable by its owner only; make it the first time.

    Raises:
        Unavailable: it cannot be read or written, or others can read it.
    """
    path = database.with_name(database.name + ".secret")
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"others can read {path}; take that away: chmod 600 {path}")
        return path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"cannot keep a secret in {path}: {error.strerror}") from None


def _make(path: Path) -> None:
    """Write the whole file under another name first: a process that starts at the same time never reads half."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # the other process was faster: its secret counts
        os.link(draft, path)
    draft.unlink()
