"""The edge of the pages: an ASGI application that turns requests into visits, and their outcomes into documents."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from starlette.types import Receive, Scope, Send

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.log import Log, current_request
from athena_auth.kernel.texts import Text
from athena_auth.pages.page import Page, PageFunction, PageOutcome, Shown
from athena_auth.pages.templates import Templates
from athena_auth.pages.visit import Visit
from athena_auth.server.browser_calls import BrowserCalls, BrowserCookies, RoutesByHandler
from athena_auth.server.failures import refusal_of_failure
from athena_auth.server.request import (
    RawHeaders,
    media_type,
    read_body,
    read_headers,
    relative_path,
    request_id_of,
)
from athena_auth.server.response import Headers, Response, refusal

_log = Log(__name__)

_HTML = b"text/html; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 50
_POLICY_VIOLATION = 1008
_NOT_FOR_SCRIPTS = Text("Pages can be opened in a browser only, not read by another site.")
# With `no-referrer` browsers send `Origin: null` with a form, and the check of the origin would refuse it. No secret
# is in a URL that links away: the token of a mail's link is moved to a cookie first.
_REFERRER_POLICY = b"same-origin"


class PageEdge:
    """The pages, below their mount point.

    Args:
        pages: The pages.
        templates: Renders them.
        routes: The handlers that the pages call.
        trusted_origins: Where a form may lead by a redirect, besides this site.
        link: Returns the path of a page as browsers see it.
    """

    def __init__(
        self,
        pages: Iterable[Page],
        templates: Templates,
        routes: RoutesByHandler,
        trusted_origins: tuple[str, ...],
        link: Callable[[str], str],
    ) -> None:
        self._pages: dict[str, dict[str, PageFunction]] = {}
        for page in pages:
            self._pages.setdefault(page.declaration.path, {})[page.declaration.method] = page.function
        self.paths = frozenset(self._pages)
        """The paths of the pages."""
        self._templates = templates
        self._routes = routes
        self._link = link
        self._headers = _security_headers(trusted_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; refuse a WebSocket."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        started = time.perf_counter()
        headers = read_headers(scope)
        request_id = request_id_of(headers)
        current_request.set(request_id)
        path = relative_path(scope) or "/"
        response = await self.respond(scope, receive, headers, path)
        await response.send(send, request_id)
        _log.info(
            "request",
            method=scope["method"],
            path=path if path in self.paths else "(unknown)",
            status=int(response.status),
            code=response.code,
            ms=round((time.perf_counter() - started) * 1000, 2),
        )

    async def respond(self, scope: Scope, receive: Receive, headers: RawHeaders, path: str) -> Response:
        """Return the response to a request for the page at this path."""
        cookies = BrowserCookies(self._routes.policy, headers)
        headers = _with_chosen_language(headers, cookies)
        visit = self._visit(scope, headers, cookies)
        try:
            function = self._function(scope, path)
            if isinstance(function, Refused):
                allow = ", ".join(self._pages.get(path, ()))
                return self._problem(function, visit, headers, [(b"allow", allow.encode())] if allow else [])
            form = await self._form(scope, receive, headers)
            if isinstance(form, Refused):
                return self._problem(form, visit, headers, [])
            visit = replace(visit, form=form)
            return self._response(await function(visit), visit, cookies)
        except Exception as error:  # noqa: BLE001 - as at the API's edge: whatever failed, the caller gets a response
            return self._problem(refusal_of_failure(error), visit, headers, cookies.headers())

    def _function(self, scope: Scope, path: str) -> PageFunction | Refused:
        methods = self._pages.get(path)
        if methods is None:
            return Refused(ErrorCode.NOT_FOUND)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        return methods.get(method) or Refused(ErrorCode.METHOD_NOT_ALLOWED)

    async def _form(self, scope: Scope, receive: Receive, headers: RawHeaders) -> dict[str, str] | Refused:
        """Return the fields of a form, none for a GET. The origin of a form is checked even without cookies.

        An attacker's page could otherwise sign a visitor in to the attacker's account, and see what they enter there.
        """
        if scope["method"] != "POST":
            return self._refuse_script(headers) or {}
        foreign = self._routes.policy.refuse_foreign(headers)
        if foreign is not None:
            return Refused(
                foreign.code,
                Text("This form was sent from another site. Open the page again, and send it here."),
            )
        if media_type(headers) != FORM:
            return Refused(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                Text("This is not a form of this site. Open the page again."),
            )
        raw = await read_body(receive, headers)
        return raw if isinstance(raw, Refused) else _fields(raw)

    def _refuse_script(self, headers: RawHeaders) -> Refused | None:
        """Refuse a script of another origin that asks for a page.

        CORS would let one of a trusted origin read what is below the API's path, and forms there contain tokens of links.
        Browsers send no `Origin` with a GET that opens a page; some do after a redirect, and then say what it is for.
        """
        origin = headers.get(b"origin", "")
        is_own = self._routes.policy.origins.is_own(origin, headers.get(b"host", ""))
        if not origin or is_own or headers.get(b"sec-fetch-dest") == "document":
            return None
        return Refused(ErrorCode.INVALID_ORIGIN, _NOT_FOR_SCRIPTS)

    def _visit(self, scope: Scope, headers: RawHeaders, cookies: BrowserCookies) -> Visit:
        query = _fields(scope["query_string"])
        policy = self._routes.policy
        caller, language = policy.callers.read(scope, headers), policy.language_of(headers)
        calls = BrowserCalls(self._routes, cookies, caller, language)
        given = {} if isinstance(query, Refused) else query
        return Visit(given, {}, self._here(scope, given), cookies, calls)

    def _here(self, scope: Scope, query: dict[str, str]) -> str:
        path = relative_path(scope) or "/"
        if scope["method"] == "POST" or path not in self.paths:
            return ""
        # The token of a mail's link, and that of an invitation, stay out of the document.
        shown = urlencode({name: value for name, value in query.items() if name not in {"token", "invite"}})
        return self._link(path) + (f"?{shown}" if shown else "")

    def _response(self, outcome: PageOutcome, visit: Visit, cookies: BrowserCookies) -> Response:
        if isinstance(outcome, Shown):
            return self._document(outcome, visit, cookies.headers())
        location = (b"location", outcome.location.encode("ascii"))
        headers = [*self._headers, *cookies.headers(), location]
        return Response(303, b"", headers, _HTML, referrer_policy=_REFERRER_POLICY)

    def _document(self, shown: Shown, visit: Visit, more: Headers, code: str | None = None) -> Response:
        headers = [*self._headers, *more]
        if shown.retry_after is not None:
            headers.append((b"retry-after", b"%d" % shown.retry_after))
        html = self._templates.render(shown.template, shown.context, visit)
        return Response(
            shown.status, html.encode(), headers, _HTML, code=code, referrer_policy=_REFERRER_POLICY
        )

    def _problem(self, refused: Refused, visit: Visit, headers: RawHeaders, more: Headers) -> Response:
        """Return a page that says what happened; programs, which do not ask for HTML, get the API's JSON."""
        if "text/html" not in headers.get(b"accept", ""):
            return refusal(refused, more, language=visit.language)
        context = {"refused": refused, "request_id": current_request.get()}
        try:
            shown = Shown("problem.html", context, refused.code.status, refused.retry_after)
            return self._document(shown, visit, more, refused.code)
        except Exception as error:  # noqa: BLE001 - an operator's template may fail here too
            return refusal(refusal_of_failure(error), more, language=visit.language)


def _with_chosen_language(headers: RawHeaders, cookies: BrowserCookies) -> RawHeaders:
    """Return the headers with the language that was chosen in this browser before those that it prefers."""
    if cookies.language is None:
        return headers
    preferred = headers.get(b"accept-language", "")
    return {**headers, b"accept-language": f"{cookies.language},{preferred}"}


def _fields(encoded: bytes) -> dict[str, str] | Refused:
    """Return the fields of a form or a query; the last value of a repeated one counts."""
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        return Refused(ErrorCode.VALIDATION_ERROR, Text("This form cannot be read. Open the page again."))
    return dict(pairs)


def _security_headers(trusted_origins: tuple[str, ...]) -> Headers:
    # Chromium applies `form-action` to redirects too, and a sign-in may lead to a trusted origin.
    targets = " ".join(("'self'", *trusted_origins))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        (b"x-frame-options", b"DENY"),
        (b"vary", b"accept-language, cookie"),
    ]
