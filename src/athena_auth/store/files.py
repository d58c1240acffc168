"""Files that are whole or not there at all, and readable by their owner only."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BESIDE_SQLITE = ("-wal", "-shm", "-journal")
"""How the names of the files end that SQLite keeps beside a database while it is open."""


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """Make an empty file with a name of its own beside the target, in mode 600, and remove it at the end.

    Raises:
        OSError: the folder is missing or cannot be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", dir=target.parent)
    os.close(descriptor)
    draft = Path(name)
    try:
        yield draft
    finally:
        for ending in ("", *BESIDE_SQLITE):
            draft.with_name(draft.name + ending).unlink(missing_ok=True)


def publish(draft: Path, target: Path) -> None:
    """Give a finished draft its name, durably.

    Raises:
        FileExistsError: there is such a file already; it is left as it is.
        OSError: it cannot be written.
    """
    _flush(draft)
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links, as those of memory sticks and some network shares
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        draft.replace(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    """Return when a file, or what a folder lists, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
