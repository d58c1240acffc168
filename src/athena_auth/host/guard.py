"""Guards of a host's own routes: who is calling, and is the proof behind the session good enough?

A guard reads: one look at the session, as `get-session` does. It sets no cookie, since the answer is the host's; so
it moves the expiry of a session on only where a bearer token brought it. The cookie of a browser is renewed, and its
session with it, by what this server answers itself: `get-session`, which front ends call when they load.
"""

from collections.abc import Callable

import msgspec
from starlette.requests import HTTPConnection
from starlette.types import Scope

from athena_auth.accounts.requirement import Requirement, unmet_requirement
from athena_auth.accounts.service import Resolver
from athena_auth.host.errors import RefusedError
from athena_auth.host.model import Principal, principal_of
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.log import Log
from athena_auth.kernel.outcome import ErrorCode, Refused, Unavailable
from athena_auth.server.edge import Policy
from athena_auth.server.request import read_headers

_log = Log(__name__)

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class GuardContext(msgspec.Struct, frozen=True):
    """What guards work with."""

    policy: Policy
    resolver: Resolver
    clock: Clock


class Guard:
    """Lets in whoever has a live session with the proof that is required.

    It is a dependency for FastAPI, `Depends(guard)`, and is awaited with the request elsewhere.
    """

    def __init__(self, guard_context: Callable[[], GuardContext], requirement: Requirement) -> None:
        """Take what it works with in this run of the server, and what it requires."""
        self._guard_context = guard_context
        self._requirement = requirement

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Return who makes this request, HTTP or WebSocket.

        Raises:
            RefusedError: nobody is signed in (401 `UNAUTHORIZED`); a cookie came from another site (403
                `INVALID_ORIGIN`, `MISSING_OR_NULL_ORIGIN`); the proof does not do (403 `STEP_UP_REQUIRED`: verify a code in this session;
                `ENROLMENT_REQUIRED`: turn a second factor on first; `SIGN_IN_AGAIN`); the database is out of
                reach (503 `SERVICE_UNAVAILABLE`).
        """
        found = await self.check(connection.scope)
        if isinstance(found, Refused):
            raise RefusedError(found)
        return found

    async def check(self, scope: Scope) -> Principal | Refused:
        """Return who makes the request of this ASGI scope, or why she may not; nothing is raised."""
        guard_context, headers = self._guard_context(), read_headers(scope)
        policy = guard_context.policy
        caller = policy.callers.read(scope, headers)
        # A WebSocket has no method: pages of other sites can open one, with this site's cookies.
        forged = None if scope.get("method") in _SAFE_METHODS else policy.refuse_forged(caller, headers)
        if forged is not None:
            return forged
        if caller.tokens.session is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        try:
            by_cookie = caller.tokens.by_cookie
            signed_in = await guard_context.resolver.resolve(
                caller.tokens.session, caller.client, by_cookie=by_cookie, extends=not by_cookie
            )
        except Unavailable as outage:
            _log.warning("guard.unavailable", reason=str(outage))
            return Refused(ErrorCode.SERVICE_UNAVAILABLE, retry_after=outage.retry_after)
        if signed_in is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        unmet = unmet_requirement(signed_in, self._requirement, guard_context.clock.now())
        return principal_of(signed_in) if unmet is None else Refused(unmet)
