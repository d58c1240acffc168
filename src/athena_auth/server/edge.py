"""The edge: an ASGI application that turns requests into calls of routes and outcomes into responses.

For each request it finds the route, counts the request if its address is limited, reads the body up to a bound and the
query, checks the origin of a request authenticated by cookie, authenticates the caller, decodes the body, calls the
handler and encodes the outcome. The first step that refuses ends the request. Routes see decoded values, never headers.
"""

import time
import traceback
from collections.abc import Iterable

import msgspec
from starlette.types import Receive, Scope, Send

from athena_auth.accounts.answers import session_cookie
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.service import Resolver
from athena_auth.crypto.keys import UnreadableError
from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.kernel.log import Log, current_request
from athena_auth.languages import Language, Languages
from athena_auth.mfa.missing_secret import refuse_unreadable
from athena_auth.server.cookies import CookieCodec
from athena_auth.server.documents import Documents
from athena_auth.server.limits import RequestLimits
from athena_auth.server.origin import OriginPolicy
from athena_auth.server.request import (
    CallerReader,
    RawHeaders,
    read_body,
    read_headers,
    relative_path,
    request_id_of,
)
from athena_auth.server.response import Headers, Response, redirect, refusal, success
from athena_auth.server.route_table import BoundRoute, RouteTable, StaticPage
from athena_auth.store.transaction import OwnerGone
from athena_auth.wire.caller import Caller
from athena_auth.wire.reply import Cookie, CookieName, RedirectReply, expired
from athena_auth.wire.route import Access, Call, ChallengeBearer, EndedSession, Outcome, Route

_log = Log(__name__)

Principal = SignedIn | ChallengeBearer | EndedSession | None

_POLICY_VIOLATION = 1008
_ENDS_THE_CHALLENGE = frozenset(
    {ErrorCode.INVALID_TWO_FACTOR_COOKIE, ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE}
)
_MOST_LOGGED = 200
"""Characters of an `Origin` header."""
_ADVICE = (
    "set ATHENA_BASE_URL to the address in browsers, or name the front end's origin in ATHENA_TRUSTED_ORIGINS"
)


class Policy(msgspec.Struct, frozen=True):
    """The edge's rules for callers, origins, cookies, request limits and languages."""

    callers: CallerReader
    origins: OriginPolicy
    cookies: CookieCodec
    limits: RequestLimits | None
    languages: Languages

    def language_of(self, headers: RawHeaders) -> Language:
        """Return the language for the response. Only refusals need it."""
        return self.languages.negotiate(headers.get(b"accept-language", ""))

    def refuse_forged(self, caller: Caller, headers: RawHeaders) -> Refused | None:
        """Refuse a request with cookies that a page of another site may have made the browser send (CSRF)."""
        if not caller.tokens.by_cookie:
            return None
        code = self.origins.refuse(headers)
        if code is None:
            return None
        origin = headers.get(b"origin", "")
        received = origin[:_MOST_LOGGED] if origin.isprintable() else "(unprintable)"
        _log.warning("origin.refused", received=received, expected=self.origins.expected, advice=_ADVICE)
        return Refused(code)


class Edge:
    """The ASGI application below the base path.

    Args:
        routes: The route table.
        pages: Static pages by path.
        browser_pages: By name, the pages that a route shows to browsers in place of JSON.
        resolver: Authenticates session tokens.
        policy: The rules.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        documents: Documents,
        browser_pages: dict[str, StaticPage],
        resolver: Resolver,
        policy: Policy,
    ) -> None:
        self._table = RouteTable(routes)
        self._documents = documents
        self._browser_pages = browser_pages
        self._resolver = resolver
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; refuse a WebSocket."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        started = time.perf_counter()
        headers = read_headers(scope)
        request_id = request_id_of(headers)
        path = relative_path(scope)
        current_request.set(request_id)
        renewal: Headers = []
        language_of = self._policy.language_of
        try:
            response = await self._respond(scope, receive, headers, path, renewal)
        except OwnerGone:
            response = refusal(Refused(ErrorCode.UNAUTHORIZED), language=language_of(headers))
        except UnreadableError as error:
            response = refusal(refuse_unreadable(error), language=language_of(headers))
        except Unavailable as outage:
            _log.warning("request.unavailable", reason=str(outage))
            refused = Refused(ErrorCode.SERVICE_UNAVAILABLE, retry_after=outage.retry_after)
            response = refusal(refused, language=language_of(headers))
        except Exception as error:  # noqa: BLE001 - the last resort: whatever failed, the caller gets a response
            _log_failure(error)
            refused = Refused(ErrorCode.INTERNAL_SERVER_ERROR)
            response = refusal(refused, language=language_of(headers), request_id=request_id)
        await response.send(send, request_id, renewal)
        _log.info(
            "request",
            method=scope["method"],
            # An unknown path may contain anything, for instance a token: it is not logged.
            path=path if path in self._table or path in self._documents else "(unknown)",
            status=int(response.status),
            code=response.code,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )

    async def _respond(
        self, scope: Scope, receive: Receive, headers: RawHeaders, path: str, renewal: Headers
    ) -> Response:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        page = await self._documents.find(path)
        if page is not None and method == "GET":
            return page.answer(headers.get(b"if-none-match", ""))
        methods = self._table.find(scope, path)
        if page is None and not methods:
            return refusal(Refused(ErrorCode.NOT_FOUND), language=self._policy.language_of(headers))
        bound = methods.get(method)
        if bound is not None and scope["method"] == "HEAD" and bound.route.browser_page is not None:
            # Mail scanners send HEAD to links before the recipient opens them, and must not use them up. Only links
            # have a page. Every other HEAD is handled like a GET, because a proxy may act on its status.
            return Response(200, b"", [])
        if bound is None:
            allow = [(b"allow", ", ".join(methods if page is None else ("GET", *methods)).encode())]
            return refusal(
                Refused(ErrorCode.METHOD_NOT_ALLOWED), allow, language=self._policy.language_of(headers)
            )
        outcome = await self._call(bound, scope, receive, headers, renewal)
        if isinstance(outcome, Response):
            return outcome
        status = bound.statuses.get(outcome.code)
        return refusal(outcome, language=self._policy.language_of(headers), status=status)

    async def _call(
        self, bound: BoundRoute, scope: Scope, receive: Receive, headers: RawHeaders, renewal: Headers
    ) -> Response | Refused:
        route = bound.route
        caller = self._policy.callers.read(scope, headers)
        raw = await self._read(route, receive, headers, caller)
        if isinstance(raw, Refused):
            return raw
        query = bound.read_query(scope)
        if isinstance(query, Refused):
            return query
        principal = await self._admit(route, query, caller, headers)
        if isinstance(principal, Refused):
            return principal
        if isinstance(principal, SignedIn) and principal.was_extended and principal.by_cookie:
            # The session's expiry was extended in the database: the cookie must follow, whatever the response is.
            renewal += self._set_cookies((session_cookie(principal.session, principal.token),))
        body = query if route.method == "GET" else bound.body.decode(raw, headers)
        if isinstance(body, Refused):
            return body
        if route.browser_page is not None and _is_browser(headers) and not route.leads_elsewhere(body):
            return self._browser_pages[route.browser_page].answer("")
        return await self._handle(route, Call(principal, body, caller, query), headers, renewal)

    async def _handle(
        self, route: Route, call: Call[Principal, object], headers: RawHeaders, renewal: Headers
    ) -> Response | Refused:
        outcome = await route.handler(call)
        if _is_dead_challenge(outcome, call.caller):
            # Front ends take the cookie as a sign that a sign-in is pending.
            renewal += self._set_cookies((expired(CookieName.CHALLENGE),))
        return self._outcome(route, outcome, headers, renewal)

    async def _read(
        self, route: Route, receive: Receive, headers: RawHeaders, caller: Caller
    ) -> bytes | Refused:
        """Count the request if its route limits requests by address, then read its body."""
        limits = self._policy.limits
        if route.limit is not None and limits is not None:
            refused = await limits.refuse(route.limit, caller.client.address)
            if refused is not None:
                return refused
        return b"" if route.method == "GET" else await read_body(receive, headers)

    async def _admit(
        self, route: Route, query: object, caller: Caller, headers: RawHeaders
    ) -> Principal | Refused:
        """Check the origin, then return the authenticated caller, if they may call this route."""
        if route.method != "GET" and route.access is not Access.PUBLIC:
            forged = self._policy.refuse_forged(caller, headers)
            if forged is not None:
                return forged
        return await self._principal(route, query, caller)

    async def _principal(self, route: Route, query: object, caller: Caller) -> Principal | Refused:
        access = route.access
        if access is Access.PUBLIC:
            return None
        tokens = caller.tokens
        # A pending sign-in takes precedence over an earlier session of the browser.
        if access is Access.SESSION_OR_CHALLENGE and tokens.challenge is not None:
            superseded = tokens.session if tokens.by_cookie else None
            return ChallengeBearer(tokens.challenge, caller.client, tokens.by_cookie, superseded)
        signed_in = None
        if tokens.session is not None:
            by_cookie = tokens.by_cookie
            extends = route.renews(query, by_cookie)
            signed_in = await self._resolver.resolve(
                tokens.session, caller.client, by_cookie=by_cookie, extends=extends
            )
        if signed_in is None and access is Access.SESSION_OR_CHALLENGE:
            return _without_session(caller)
        if signed_in is None and access is not Access.OPTIONAL_SESSION:
            return Refused(ErrorCode.UNAUTHORIZED)
        return signed_in

    def _outcome(
        self, route: Route, outcome: Outcome, headers: RawHeaders, renewal: Headers
    ) -> Response | Refused:
        if route.browser_page is not None and _is_shown_a_page(outcome, headers):
            return self._browser_pages[route.browser_page].answer("")
        if isinstance(outcome, Refused):
            return outcome
        if isinstance(outcome, RedirectReply):
            return redirect(outcome.location)
        if any(cookie.name is CookieName.SESSION for cookie in outcome.cookies):
            renewal.clear()
        answered = [*self._set_cookies(outcome.cookies), *outcome.headers]
        if outcome.session_token is not None:
            answered.append((b"set-auth-token", outcome.session_token.encode()))
        return success(outcome.body, answered)

    def _set_cookies(self, cookies: tuple[Cookie, ...]) -> Headers:
        return [(b"set-cookie", self._policy.cookies.write(cookie)) for cookie in cookies]


def _without_session(caller: Caller) -> EndedSession | Refused:
    """Return the caller who sends a code without a challenge or a live session, often a browser that waited too long."""
    tokens = caller.tokens
    if tokens.session is None:
        return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
    if tokens.by_cookie:
        return EndedSession(tokens.session, caller.client)
    return Refused(ErrorCode.UNAUTHORIZED)


def _is_dead_challenge(outcome: Outcome, caller: Caller) -> bool:
    is_dead = isinstance(outcome, Refused) and outcome.code in _ENDS_THE_CHALLENGE
    return is_dead and caller.tokens.by_cookie and caller.tokens.challenge is not None


def _is_shown_a_page(outcome: Outcome, headers: RawHeaders) -> bool:
    return not isinstance(outcome, RedirectReply) and _is_browser(headers)


def _is_browser(headers: RawHeaders) -> bool:
    return "text/html" in headers.get(b"accept", "")


def _log_failure(error: Exception) -> None:
    """Log what failed and where. The message is logged only if the error is ours: a driver may quote values."""
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    reason = str(error) if kind.__module__.startswith("athena_auth.") else None
    _log.error("request.failed", error=kind.__qualname__, reason=reason, traceback=where)
