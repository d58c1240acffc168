"""Calls of the API's handlers on behalf of one visit of a page: limits, principals and fields as at the edge."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from athena_auth.accounts.answers import session_cookie
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.service import Resolver
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.languages import Language
from athena_auth.server.cookies import is_token, tokens_of
from athena_auth.server.invalid import explain
from athena_auth.server.policy import Policy
from athena_auth.server.principals import PrincipalResolver, dead_sign_in
from athena_auth.server.request import RawHeaders
from athena_auth.wire.caller import Caller, Tokens
from athena_auth.wire.reply import Cookie, CookieName, RedirectReply, Reply, expired
from athena_auth.wire.route import Call, Handler, Outcome, Route

_MAIL_LINK_TTL = 1800
"""Seconds that the token of an opened link is kept."""
_MOST_TOKEN = 128
_LANGUAGE_TTL = 31_536_000
"""Seconds that a chosen language is kept."""


class BrowserCookies:
    """The cookies of one browser during a visit: those it sent, and those that replies have set since.

    A call after another one of the same visit must present the token that the earlier one has rotated.
    """

    def __init__(self, policy: Policy, headers: RawHeaders) -> None:
        self._codec = policy.cookies
        self._values = policy.cookies.read(headers.get(b"cookie", ""))
        self._changed: dict[CookieName, Cookie] = {}

    @property
    def tokens(self) -> Tokens:
        """The tokens of the next call, all by cookie."""
        return tokens_of(self._values)

    def set(self, cookies: Iterable[Cookie]) -> None:
        """Set cookies in the browser, or remove those without a value."""
        for cookie in cookies:
            self._changed[cookie.name] = cookie
            self._values[cookie.name] = cookie.value
            if not cookie.value:
                del self._values[cookie.name]

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that bring the changes to the browser."""
        return [(b"set-cookie", self._codec.write(cookie)) for cookie in self._changed.values()]

    @property
    def language(self) -> str | None:
        """The code of the language that was chosen in this browser. It may not be offered any more."""
        return self._values.get(CookieName.LANGUAGE)

    def keep(self, token: str) -> str:
        """Keep the token of a link, or a placeholder for what cannot be one, and return what identifies it in a URL."""
        kept = token if len(token) <= _MOST_TOKEN and is_token(token) else "invalid"
        self.set((Cookie(CookieName.MAIL_LINK, kept, _MAIL_LINK_TTL),))
        return _fingerprint(kept)

    def token(self, opened: str) -> str | None:
        """Return the token that was kept, if this identifies it."""
        kept = self._values.get(CookieName.MAIL_LINK)
        return kept if kept is not None and _fingerprint(kept) == opened else None

    def forget(self) -> None:
        """Remove the token of a link."""
        self.set((expired(CookieName.MAIL_LINK),))


class RoutesByHandler:
    """Finds the route of a handler, and what its calls need.

    Args:
        routes: The routes of the API, and those that only the pages call.
        resolver: Authenticates session tokens.
        policy: The edge's rules; the pages count requests with the same counters.
    """

    def __init__(self, routes: Iterable[Route], resolver: Resolver, policy: Policy) -> None:
        self._routes: dict[Handler, Route] = {route.handler: route for route in routes}
        self.principals = PrincipalResolver(resolver)
        self.policy = policy

    def route_of(self, handler: Handler) -> Route:
        """Return the route that declares this handler's access, fields and limit."""
        return self._routes[handler]


@dataclass(slots=True)
class BrowserCalls:
    """Calls handlers as this browser. Implements `pages.visit.HandlerCalls`."""

    routes: RoutesByHandler
    cookies: BrowserCookies
    caller: Caller
    language: Language

    @property
    def has_challenge(self) -> bool:
        """Whether the browser presents a challenge or an enrolment token."""
        tokens = self.cookies.tokens
        return tokens.challenge is not None or tokens.enrolment is not None

    @property
    def has_session(self) -> bool:
        """Whether the browser presents a session."""
        return self.cookies.tokens.session is not None

    async def call(
        self, handler: Callable[..., Any], fields: Mapping[str, object], *, in_session: bool
    ) -> Reply[Any] | RedirectReply | Refused:
        """Count the call, authenticate the browser, decode the fields and call the handler."""
        route = self.routes.route_of(handler)
        tokens = self.cookies.tokens
        if in_session:
            by_cookie = tokens.session is not None
            tokens = msgspec.structs.replace(tokens, challenge=None, enrolment=None, by_cookie=by_cookie)
        caller = msgspec.structs.replace(self.caller, tokens=tokens)
        limited = await self.routes.policy.refuse_excess(route, caller)
        if limited is not None:
            return limited
        body = _decoded(route.body, fields)
        query = body if route.method == "GET" else _empty(route.query)
        if isinstance(query, Refused):
            return query
        principal = await self.routes.principals.resolve(route, query, caller)
        if isinstance(principal, Refused):
            return principal
        if isinstance(principal, SignedIn):
            self._follow_session(principal)
        if isinstance(body, Refused):
            return body
        outcome = await route.handler(Call(principal, body, caller, query))
        self._keep_cookies(outcome, caller)
        return outcome

    def keep_language(self, language: Language) -> None:
        """Keep a chosen language in a cookie."""
        self.cookies.set((Cookie(CookieName.LANGUAGE, language.code, _LANGUAGE_TTL),))

    def _follow_session(self, signed_in: SignedIn) -> None:
        if signed_in.was_extended:
            self.cookies.set((session_cookie(signed_in.session, signed_in.token),))
        code = signed_in.account.language
        self.language = (self.routes.policy.languages.find(code) if code else None) or self.language

    def _keep_cookies(self, outcome: Outcome, caller: Caller) -> None:
        dead = dead_sign_in(outcome, caller)
        if dead is not None:
            self.cookies.set((expired(dead),))
        if isinstance(outcome, Reply):
            self.cookies.set(outcome.cookies)


def _fingerprint(token: str) -> str:
    return sha256(token.encode()).hexdigest()[:16]


def _empty(query: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    return None if query is None else msgspec.convert({}, query)


def _decoded(body: type[msgspec.Struct], fields: Mapping[str, object]) -> msgspec.Struct | Refused:
    try:
        return msgspec.convert(dict(fields), body)
    except msgspec.ValidationError as error:
        return Refused(ErrorCode.VALIDATION_ERROR, explain(error, Text("form")))
