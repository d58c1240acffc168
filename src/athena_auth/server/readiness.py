"""`/ready` for load balancers and orchestrators: whether this process can serve; and `/ok`: whether it is running."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.kernel.log import Log
from athena_auth.wire.fields import Done
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


class OkAnswer(msgspec.Struct, frozen=True):
    """The server is running."""

    ok: Done = True


_OK = Reply(OkAnswer())


class LivenessApi:
    """The route `/ok`."""

    @get("/ok", tag="server")
    async def ok(self, _call: Call[None, NoBody]) -> Reply[OkAnswer]:
        """Check that the server is running."""
        return _OK


_log = Log(__name__)

Check = Callable[[], Awaitable[str | None]]
"""Returns None, or a sentence that says what is missing; raises `Unavailable` if it cannot find out."""

_CACHE_SECONDS = 1.0
"""Seconds for which a result is kept, so that many probes cost one query."""
_TIMEOUT = 2.0
"""Seconds to wait for the checks; probes wait about as long."""
_NO_DATABASE = "The database cannot be used."


class ReadyAnswer(msgspec.Struct, frozen=True):
    """The server can serve."""

    ok: Done = True


class Readiness:
    """Runs the checks, at most once a second and once at a time."""

    def __init__(self, *checks: Check) -> None:
        self._checks = checks
        self._answer: str | None = None
        self._until = float("-inf")
        self._lock = asyncio.Lock()

    async def missing(self) -> str | None:
        """Return a sentence that says what this process lacks to serve, without internals, or None."""
        async with self._lock:
            if time.monotonic() >= self._until:
                before, self._answer = self._answer, await self._check()
                self._until = time.monotonic() + _CACHE_SECONDS
                if before is not None and self._answer is None:
                    _log.info("ready.again")
        return self._answer

    async def _check(self) -> str | None:
        reason = None
        try:
            async with asyncio.timeout(_TIMEOUT):
                for check in self._checks:
                    if (answer := await check()) is not None:
                        break
                else:
                    return None
        except Unavailable as outage:
            answer, reason = _NO_DATABASE, str(outage)
        except TimeoutError:
            answer, reason = _NO_DATABASE, "it did not answer in time"
        _log.warning("ready.not", missing=answer, reason=reason)
        return answer


class ReadinessApi:
    """The route `/ready`."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    @get("/ready", tag="server")
    async def ready(self, _call: Call[None, NoBody]) -> Reply[ReadyAnswer] | Refused:
        """Check whether the server can serve.

        200 while the database is reachable, its schema is recent enough and the outbox is running; otherwise 503, with
        what is missing. Checked at most once a second. `/ok` says only that the process is running: restart the process
        if `/ok` fails, and send it no requests while `/ready` fails.
        """
        missing = await self._readiness.missing()
        if missing is None:
            return Reply(ReadyAnswer())
        return Refused(ErrorCode.SERVICE_UNAVAILABLE, missing, retry_after=round(_CACHE_SECONDS))
