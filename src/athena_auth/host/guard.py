"""Guards for a host application's routes: they authenticate the caller and check the session's assurance.

A guard looks the session up like `get-session`. It sets no cookie, because the response is the application's. It therefore
extends a session's expiry only for a bearer token. A browser's session and its cookie are extended together by this
server's own endpoints, such as `get-session`, which front ends call when they load.
"""

from collections.abc import Callable

import msgspec
from starlette.requests import HTTPConnection
from starlette.types import Scope

from athena_auth.accounts.service import Resolver
from athena_auth.accounts.step_up_policy import Requirement, unmet_requirement
from athena_auth.host.errors import RefusedError
from athena_auth.host.model import Principal, principal_of
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.kernel.log import Log
from athena_auth.server.policy import Policy
from athena_auth.server.request import read_headers

_log = Log(__name__)

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class GuardContext(msgspec.Struct, frozen=True):
    """What a guard needs of a running server."""

    policy: Policy
    resolver: Resolver
    clock: Clock


class Guard:
    """Admits callers who have a live session that meets a requirement.

    In FastAPI it is a dependency, `Depends(guard)`. Elsewhere it is awaited with the request.

    Args:
        context: Returns the context of the current run of the server.
        requirement: What the session must meet.
    """

    def __init__(self, context: Callable[[], GuardContext], requirement: Requirement) -> None:
        self._context = context
        self._requirement = requirement

    async def __call__(self, connection: HTTPConnection) -> Principal:
        """Return the principal of this HTTP or WebSocket request.

        Raises:
            RefusedError: the caller is not signed in (401 `UNAUTHORIZED`); a cookie came from another site (403
                `INVALID_ORIGIN`, `MISSING_OR_NULL_ORIGIN`); the session does not meet the requirement (403
                `STEP_UP_REQUIRED`: verify a code in this session; `ENROLMENT_REQUIRED`: turn on a second factor first;
                `SIGN_IN_AGAIN`); the database is unreachable (503 `SERVICE_UNAVAILABLE`).
        """
        found = await self.check(connection.scope)
        if isinstance(found, Refused):
            raise RefusedError(found, self._context().policy.language_of(read_headers(connection.scope)))
        return found

    async def check(self, scope: Scope) -> Principal | Refused:
        """Return the principal of an ASGI scope, or the refusal. It raises nothing."""
        context, headers = self._context(), read_headers(scope)
        policy = context.policy
        caller = policy.callers.read(scope, headers)
        # A WebSocket has no method, and pages of other sites can open one with this site's cookies.
        forged = None if scope.get("method") in _SAFE_METHODS else policy.refuse_forged(caller, headers)
        if forged is not None:
            return forged
        if caller.tokens.session is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        try:
            by_cookie = caller.tokens.by_cookie
            signed_in = await context.resolver.resolve(
                caller.tokens.session, caller.client, by_cookie=by_cookie, extends=not by_cookie
            )
        except Unavailable as outage:
            _log.warning("guard.unavailable", reason=str(outage))
            return Refused(ErrorCode.SERVICE_UNAVAILABLE, retry_after=outage.retry_after)
        if signed_in is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        unmet = unmet_requirement(signed_in, self._requirement, context.clock.now())
        return principal_of(signed_in) if unmet is None else Refused(unmet)
