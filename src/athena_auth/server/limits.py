"""Request limits by client address: they save the server work, and slow down attacks on many accounts.

Attempts at one account are limited separately, by counts in the database.
"""

import asyncio
from contextlib import suppress
from typing import Protocol

from athena_auth.extras import how_to_install
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.log import Log
from athena_auth.kernel.network import network_of
from athena_auth.settings import Settings, SettingsError
from athena_auth.wire.limits import Limit

_log = Log(__name__)

_IN_MEMORY = "memory://"
_TIMEOUT = 0.25
"""Seconds that a request waits for the shared store."""
_PAUSE = 3
"""Seconds without a request to a shared store that failed."""


class Counters(Protocol):
    """Counts requests."""

    async def consume(self, limit: Limit, bucket: str) -> int | None:
        """Count one request. If it exceeds the limit, return the seconds until the next is allowed.

        Raises:
            Exception: the store is unreachable; the type depends on its driver.
        """
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...


class RequestLimits:
    """Counts requests by client address and refuses those that exceed a limit.

    Args:
        clock: The clock.
        shared: Counters in a store that several processes share. While it does not answer, each process counts for
            itself, and every three seconds one request waits for the store, at most a quarter of a second.
    """

    def __init__(self, clock: Clock, shared: Counters | None = None) -> None:
        self._clock = clock
        self._shared = shared
        self._local: Counters | None = None
        self._is_lost = False
        self._ask_again_at = self._quiet_until = Millis(0)

    async def refuse(self, limit: Limit, address: str) -> Refused | None:
        """Count one request from this address. Return a refusal if it exceeds the limit."""
        wait = await self._consume(limit, network_of(address))
        return None if wait is None else Refused(ErrorCode.TOO_MANY_REQUESTS, retry_after=wait)

    async def close(self) -> None:
        """Disconnect from the shared store. If it does not answer, the server stops all the same."""
        if self._shared is not None:
            with suppress(Exception):
                async with asyncio.timeout(_TIMEOUT):
                    await self._shared.close()

    async def _consume(self, limit: Limit, bucket: str) -> int | None:
        now = self._clock.now()
        if self._shared is not None and now >= self._ask_again_at:
            probing = self._is_lost
            if probing:
                # One request finds out whether the store is back. The others do not wait for it.
                self._ask_again_at = after(now, _PAUSE)
            try:
                async with asyncio.timeout(_TIMEOUT):
                    wait = await self._shared.consume(limit, bucket)
            except Exception as error:  # noqa: BLE001 - whatever fails in the store, requests continue
                self._lose(error)
            else:
                if probing:
                    self._find()
                return wait
        return await self._here().consume(limit, bucket)

    def _here(self) -> Counters:
        if self._local is None:
            # Imported only if needed: it costs three megabytes and thirty milliseconds.
            from athena_auth.server.counters import local_counters  # noqa: PLC0415

            self._local = local_counters(self._clock)
        return self._local

    def _lose(self, error: Exception) -> None:
        now = self._clock.now()
        self._is_lost, self._ask_again_at = True, after(now, _PAUSE)
        if now >= self._quiet_until:
            self._quiet_until = self._ask_again_at
            # Only the type: the message may quote what was sent, such as the password.
            _log.warning(
                "limits.store_lost",
                error=type(error).__name__,
                meanwhile="each process limits requests by itself",
            )

    def _find(self) -> None:
        self._is_lost, self._ask_again_at = False, Millis(0)
        _log.info("limits.store_found")


def request_limits(settings: Settings, clock: Clock) -> RequestLimits | None:
    """Return the request limits, or None if the settings turn them off.

    Raises:
        SettingsError: the shared store's URL cannot be used, or its client is not installed.
    """
    if settings.rate_limit == "off":
        return None
    if settings.rate_limit_url == _IN_MEMORY:
        return RequestLimits(clock)
    try:
        from athena_auth.server.shared_counters import shared_counters  # noqa: PLC0415 - an extra

        return RequestLimits(clock, shared_counters(settings.rate_limit_url))
    except ImportError:
        raise SettingsError(
            f"ATHENA_RATE_LIMIT_URL needs the client of Redis and Valkey; {how_to_install('redis')}."
        ) from None
    except ValueError as error:
        raise SettingsError(f"ATHENA_RATE_LIMIT_URL: {error}.") from None
