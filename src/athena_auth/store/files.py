"""Files that appear complete or not at all, readable by their owner only."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BESIDE_SQLITE = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite keeps beside an open database."""


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """Create an empty temporary file beside the target, with mode 600, and remove it at the end.

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
    """Give a finished draft its final name, durably.

    Raises:
        FileExistsError: the file already exists, and is unchanged.
        OSError: it cannot be written.
    """
    _flush(draft)
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system: FAT, some network shares
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        draft.replace(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
