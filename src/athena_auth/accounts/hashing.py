"""Password hashing in threads, so that its cost does not stall other requests (I10)."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from athena_auth.crypto.passwords import PasswordHasher
from athena_auth.kernel.errors import Unavailable

T = TypeVar("T")

_WAITING_PER_THREAD = 16
"""Hashes that may wait for each thread: about half a second of work. Further requests get 503 at once."""

_NICENESS = 5
"""The niceness of the hashing threads, from 0 (normal priority) to 19 (lowest)."""

_STOPPING = "the server is stopping"


class HashingPool:
    """A bounded pool of hashing threads; argon2 releases the interpreter lock while it works.

    Args:
        hasher: Hashes and verifies passwords.
        threads: The number of threads; one for each core by default.
    """

    def __init__(self, hasher: PasswordHasher, threads: int | None = None) -> None:
        count = threads or os.cpu_count() or 1
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(
            count, thread_name_prefix="password-hash", initializer=_lower_priority
        )
        self._capacity = count * (_WAITING_PER_THREAD + 1)
        self._taken = 0
        self._closed = threading.Event()

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password. Raises `Unavailable` if too many are waiting."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Tell whether this is the password; without a hash it takes the same time. Raises `Unavailable`."""
        with self.slot():
            return await self.verify_in_slot(encoded, password)

    async def verify_in_slot(self, encoded: str | None, password: str) -> bool:
        """Tell whether this is the password; the caller is inside `slot`."""
        return await self._in_thread(lambda: self._hasher.verify(encoded, password))

    def is_outdated(self, encoded: str) -> bool:
        """Tell whether a password should be rehashed with the current parameters."""
        return self._hasher.is_outdated(encoded)

    def close(self) -> None:
        """Cancel waiting hashes. A hash in progress is finished, and its result is dropped."""
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Reserve a slot in the pool, before anything is read or written for a password.

        Raises:
            Unavailable: the pool is full.
        """
        if self._taken >= self._capacity:
            raise Unavailable("too many passwords are waiting to be hashed")
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
                raise Unavailable(
                    _STOPPING
                ) from None  # `close` cancelled it while it was waiting for a thread
            raise


def _lower_priority() -> None:
    """Let other threads run first: with a hash on every core, the event loop would have to wait for each response."""
    if sys.platform == "linux":  # elsewhere this would lower the priority of the whole process
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
