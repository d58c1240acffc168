"""The edge: an ASGI application that turns requests into calls of routes and outcomes into responses.

For each request it finds the route, counts the request if its address is limited, reads the body up to a bound and the
query, checks the origin of a request authenticated by cookie, authenticates the caller, decodes the body, calls the
handler and encodes the outcome. The first step that refuses ends the request. Routes see decoded values, never headers.
"""

import time
from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

from athena_auth.accounts.answers import session_cookie
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.service import Resolver
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.log import Log, current_request
from athena_auth.server.documents import Documents
from athena_auth.server.failures import refusal_of_failure
from athena_auth.server.page_edge import FORM, PageEdge
from athena_auth.server.policy import Policy
from athena_auth.server.principals import Principal, PrincipalResolver, dead_sign_in
from athena_auth.server.request import (
    RawHeaders,
    media_type,
    read_body,
    read_headers,
    relative_path,
    request_id_of,
)
from athena_auth.server.response import Headers, Response, redirect, refusal, success
from athena_auth.server.route_table import BoundRoute, RouteTable
from athena_auth.wire.caller import Caller
from athena_auth.wire.reply import Cookie, CookieName, RedirectReply, expired
from athena_auth.wire.route import Access, Call, Outcome, Route

_log = Log(__name__)

_POLICY_VIOLATION = 1008


class Edge:
    """The ASGI application below the base path.

    Args:
        routes: The route table.
        documents: Documents that are the same for every caller.
        mail_pages: The pages that links in mails lead to, which browsers get in place of JSON.
        resolver: Authenticates session tokens.
        policy: The rules.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        documents: Documents,
        mail_pages: PageEdge,
        resolver: Resolver,
        policy: Policy,
    ) -> None:
        self._table = RouteTable(routes)
        self._documents = documents
        self._mail_pages = mail_pages
        self._principals = PrincipalResolver(resolver)
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
        try:
            response = await self._respond(scope, receive, headers, path, renewal)
        except Exception as error:  # noqa: BLE001 - the last resort: whatever failed, the caller gets a response
            response = refusal(refusal_of_failure(error), language=self._policy.language_of(headers))
        await response.send(send, request_id, renewal)
        _log.info(
            "request",
            method=scope["method"],
            # An unknown path may contain anything, for instance a token: it is not logged.
            path=path if self._knows(path) else "(unknown)",
            status=int(response.status),
            code=response.code,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )

    def _knows(self, path: str) -> bool:
        return path in self._table or path in self._documents or path in self._mail_pages.paths

    async def _respond(
        self, scope: Scope, receive: Receive, headers: RawHeaders, path: str, renewal: Headers
    ) -> Response:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        page = await self._documents.find(path)
        if page is not None and method == "GET":
            return page.answer(headers.get(b"if-none-match", ""))
        methods = self._table.find(scope, path)
        if path in self._mail_pages.paths and (
            method not in methods or _is_for_a_page(scope["method"], headers)
        ):
            return await self._mail_pages.respond(scope, receive, headers, path)
        if page is None and not methods:
            return refusal(Refused(ErrorCode.NOT_FOUND), language=self._policy.language_of(headers))
        bound = methods.get(method)
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
        call: Call[Principal, object] = Call(principal, body, caller, query)
        if route.reads_forwarded:
            call.forwarded = self._policy.callers.read_forwarded(scope, headers)
        return await self._handle(route, call, renewal)

    async def _handle(
        self, route: Route, call: Call[Principal, object], renewal: Headers
    ) -> Response | Refused:
        outcome = await route.handler(call)
        dead = dead_sign_in(outcome, call.caller)
        if dead is not None:
            # Front ends take the cookie as a sign that a sign-in is pending.
            renewal += self._set_cookies((expired(dead),))
        return self._outcome(outcome, renewal)

    async def _read(
        self, route: Route, receive: Receive, headers: RawHeaders, caller: Caller
    ) -> bytes | Refused:
        """Count the request if its route limits requests by address, then read its body."""
        refused = await self._policy.refuse_excess(route, caller)
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
        return await self._principals.resolve(route, query, caller)

    def _outcome(self, outcome: Outcome, renewal: Headers) -> Response | Refused:
        if isinstance(outcome, Refused):
            return outcome
        if isinstance(outcome, RedirectReply):
            return redirect(outcome.location)
        if any(cookie.name is CookieName.SESSION for cookie in outcome.cookies):
            renewal.clear()
        answered = [*self._set_cookies(outcome.cookies), *outcome.headers]
        if outcome.session_token is not None:
            answered.append((b"set-auth-token", outcome.session_token.encode()))
        return success(outcome.body, answered, outcome.cache_control)

    def _set_cookies(self, cookies: tuple[Cookie, ...]) -> Headers:
        return [(b"set-cookie", self._policy.cookies.write(cookie)) for cookie in cookies]


def _is_for_a_page(method: str, headers: RawHeaders) -> bool:
    """Tell whether a request that a page and a route could answer is for the page."""
    if method == "POST":
        return media_type(headers) == FORM
    # Mail scanners send HEAD to links before the recipient opens them, and must not use them up: the page never does.
    return method == "HEAD" or "text/html" in headers.get(b"accept", "")
