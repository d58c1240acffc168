"""A password hasher that a test can hold."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from athena_auth.testing.server import CheapHasher
from support.process import PATIENCE


class HeldHasher(CheapHasher):
    """Verifies passwords, and keeps the results to itself while it is held."""

    def __init__(self) -> None:
        super().__init__()
        self._has_verified, self._is_open = threading.Event(), threading.Event()
        self._is_open.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the results of passwords verified meanwhile until the block ends."""
        self._has_verified.clear()
        self._is_open.clear()
        try:
            yield
        finally:
            self._is_open.set()

    async def has_verified(self) -> None:
        """Wait until a password has been verified whose result is held."""
        assert await asyncio.to_thread(self._has_verified.wait, PATIENCE)

    def verify(self, encoded: str | None, password: str) -> bool:
        verified = super().verify(encoded, password)
        self._has_verified.set()
        # An event loop that hashes itself would wait for ever.
        assert self._is_open.wait(2 * PATIENCE)
        return verified
