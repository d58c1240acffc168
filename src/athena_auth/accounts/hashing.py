"""Hashing passwords without letting its cost stall anybody else (I10)."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.kernel.outcome import Unavailable

T = TypeVar("T")

_WAITING_PER_THREAD = 16
"""Hashes that may wait for each thread: about half a second of work. More is answered 503 at once."""

_NICENESS = 5
"""How far the hashing threads stand back for all others, from 0 (not at all) to 19."""

_STOPPING = "the server is stopping"


class HashingPool:
    """A bounded pool of threads that hash; argon2 releases the interpreter lock while it works."""

    def __init__(self, hasher: PasswordHasher, threads: int | None = None) -> None:
        """Use `threads` threads, by default one for each core."""
        count = threads or os.cpu_count() or 1
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="password-hash", initializer=_step_aside)
        self._capacity = count * (_WAITING_PER_THREAD + 1)
        self._taken = 0
        self._closed = threading.Event()

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password. Raises `Unavailable` under overload."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Tell whether this is the password; as slow without a hash as with one. Raises `Unavailable`."""
        with self.slot():
            return await self.verify_in_slot(encoded, password)

    async def verify_in_slot(self, encoded: str | None, password: str) -> bool:
        """Do the same for somebody who has taken a place already."""
        return await self._in_thread(lambda: self._hasher.verify(encoded, password))

    def is_outdated(self, encoded: str) -> bool:
        """Tell whether a hash should be made again with today's parameters."""
        return self._hasher.is_outdated(encoded)

    def close(self) -> None:
        """Drop what is waiting; a hash that is being made is finished, for nobody."""
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Take a place in the pool, before anything is read or written for a password that could not be hashed.

        Raises:
            Unavailable: there is none.
        """
        if self._taken >= self._capacity:
            raise Unavailable("too many passwords wait to be hashed")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def _run(self, work: Callable[[], T]) -> T:
        with self.slot():
            return await self._in_thread(work)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._closed.is_set():
            raise Unavailable(_STOPPING)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._closed.is_set() and not (task and task.cancelling()):
                raise Unavailable(_STOPPING) from None  # it was waiting for a thread, and will not get one
            raise


def _step_aside() -> None:
    """Let whatever is quick go first: with a hash on every core, the event loop would wait its turn for each answer."""
    if sys.platform == "linux":  # elsewhere this would slow the whole process down
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
