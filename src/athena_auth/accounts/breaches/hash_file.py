"""A file of hashes in ascending order, which is searched without being read: 40 GB take about 36 reads.

Each line is a SHA-1 hash in hexadecimal digits, as Have I Been Pwned's downloader writes it, with or without `:` and how often the
password was found. All lines may be shortened to the same number of digits, at least 16 (`cut -c1-16` makes 17 GB of 44). Lines end with LF or CRLF.

The file is opened for each search. So an operator replaces it without a restart, and one that is cut short while it is in
use is a failed search; with a memory-mapped file the process would be killed (SIGBUS).
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import msgspec

from athena_auth.accounts.breaches.model import SourceFailed

_LINE = re.compile(rb"([0-9A-Fa-f]{16,40})(?::([0-9]{1,12}))?\r?")
_LONGEST_LINE = 64
"""Bytes, more than the longest line has with its end."""
_SAMPLES = 1_000
"""Lines of which the order is checked at the start: the whole file would take minutes."""
_THREADS = 2


class HashLine(msgspec.Struct, frozen=True):
    """One line of the file."""

    start: int
    end: int
    """The offset of the next line."""
    key: bytes
    """The hash, or its beginning, in capitals."""
    count: int


class HashFile:
    """An open file of hashes. Raises `SourceFailed` if it is not in the format."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        first = self.first_line_from(0)
        if first is None:
            raise SourceFailed("the file is empty")
        self._digits = len(first.key)

    def contains(self, sha1: str) -> bool:
        """Tell whether a hash is in the file."""
        wanted = sha1[: self._digits].encode()
        low, high = 0, self._size
        while low < high:
            middle = (low + high) // 2
            line = self.first_line_from(middle)
            if line is None or line.start >= high or self._key(line) > wanted:
                high = middle
            elif line.key < wanted:
                low = line.end
            else:
                return line.count > 0
        return False

    def is_in_order(self) -> bool:
        """Tell whether lines from all over the file are in ascending order."""
        last = b""
        for sample in range(_SAMPLES + 1):
            line = self.first_line_from(self._size * sample // _SAMPLES)
            if line is not None:
                if self._key(line) < last:
                    return False
                last = line.key
        return True

    def first_line_from(self, offset: int) -> HashLine | None:
        """Return the first line that begins at this offset or after it; None if there is none."""
        begin = max(offset - 1, 0)
        self._file.seek(begin)
        chunk = self._file.read(2 * _LONGEST_LINE)
        skipped = 0 if offset == 0 else chunk.find(b"\n") + 1
        if begin + skipped >= self._size or (offset and not skipped and begin + len(chunk) >= self._size):
            return None
        text, newline, _ = chunk[skipped:].partition(b"\n")
        found = _LINE.fullmatch(text)
        if found is None or (offset and not skipped):
            raise SourceFailed("a line is not a hash")
        start = begin + skipped
        return HashLine(start, start + len(text) + len(newline), found[1].upper(), int(found[2] or 1))

    def _key(self, line: HashLine) -> bytes:
        if len(line.key) != self._digits:
            raise SourceFailed("its lines have different numbers of digits")
        return line.key


class HashFileSource:
    """Searches the file of this name, in threads of its own: a disk or a network file system may hang.

    Raises:
        OSError: it cannot be read.
        SourceFailed: it is not in the format, or not in order.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb", buffering=0) as file:
            if not HashFile(file).is_in_order():
                raise SourceFailed("its lines are not in ascending order; sort them with LC_ALL=C sort")
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="breached-passwords")

    async def contains(self, sha1: str) -> bool:
        """Tell whether a hash is in the file."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._search, sha1)

    def close(self) -> None:
        """Drop searches that wait for a thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _search(self, sha1: str) -> bool:
        with self._path.open("rb", buffering=0) as file:
            return HashFile(file).contains(sha1)
