"""What the router, the validation and the OpenAPI document know of an endpoint, and what its handler is called with."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

import msgspec

from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.wire.caller import Caller, ClientInfo
from athena_auth.wire.limits import Limit
from athena_auth.wire.reply import RedirectReply, Reply


class Access(Enum):
    """Who may call; the edge resolves the caller before the handler runs."""

    PUBLIC = auto()
    """Anybody; the principal is None."""
    OPTIONAL_SESSION = auto()
    """Anybody; the principal is the session's owner, or None."""
    SESSION = auto()
    """The owner of a live session."""
    SESSION_OR_CHALLENGE = auto()
    """The owner of a live session, the bearer of a challenge that is still to be answered, or an `EndedSession`."""


class SessionOwner(msgspec.Struct, frozen=True):
    """The owner of a live session. What is known of them is in the subclass, `accounts.model.SignedIn`."""


class ChallengeBearer(msgspec.Struct, frozen=True):
    """A caller who shows a challenge token. It is unverified: checking it costs a try."""

    token: str
    client: ClientInfo
    by_cookie: bool = False
    """Whether the token came as a cookie, from a browser, which may submit a form twice."""
    superseded_session: str | None = None
    """The session that this browser had before, which ends when the challenge is answered."""

    def __repr__(self) -> str:
        return "ChallengeBearer(…)"


class EndedSession(msgspec.Struct, frozen=True):
    """A browser whose session cookie opens nothing any more; its own concurrent request may have replaced it just now."""

    token: str
    client: ClientInfo

    def __repr__(self) -> str:
        return "EndedSession(…)"


P = TypeVar("P", bound=SessionOwner | ChallengeBearer | EndedSession | None)
B = TypeVar("B")


class NoBody(msgspec.Struct, frozen=True):
    """The body of an endpoint that needs none: nothing, or any JSON object."""


class Call(Generic[P, B]):
    """One request as a handler sees it: who calls, with which body, from where."""

    __slots__ = ("body", "caller", "principal", "query")

    def __init__(self, principal: P, body: B, caller: Caller, query: Any = None) -> None:
        """Hold what the edge has decoded and checked; `query` is that of a POST whose route names one."""
        self.principal = principal
        self.body = body
        self.caller = caller
        self.query = query


def _always(_query: Any, _by_cookie: bool) -> bool:  # noqa: FBT001 - called by position
    return True


Outcome = Reply[Any] | RedirectReply | Refused
Handler = Callable[[Call[Any, Any]], Awaitable[Outcome]]
Method = Callable[[Any, Call[Any, Any]], Awaitable[Outcome]]
"""A handler before it is bound to its object."""


class Declaration(msgspec.Struct, frozen=True):
    """What is declared of an endpoint beside its handler: where it is, how it can say no, and how often it may be asked."""

    method: Literal["GET", "POST"]
    path: str
    """A part in braces, `{token}`, is read like a query."""
    query: type[msgspec.Struct] | None = None
    """What is read of a POST's query, beside its body."""
    errors: tuple[ErrorCode, ...] = ()
    """What this endpoint refuses with, beside what the edge may refuse anywhere."""
    statuses: tuple[tuple[ErrorCode, HTTPStatus], ...] = ()
    """Codes that have another status here than everywhere else, because existing clients expect it."""
    limit: Limit | None = None
    """How often one address may ask; routes may share one."""
    browser_page: str | None = None
    """The page that a browser is shown in place of the answer, unless that leads it elsewhere."""
    leads_elsewhere: Callable[[Any], bool] = bool
    """Whether a request asks to be led elsewhere. Where it does not, a browser is shown the page and nothing else happens:
    the page's own script asks then, so that what it says is what has just happened."""
    renews: Callable[[Any, bool], bool] = _always
    """Whether a call moves the session's expiry on, by the query of a GET and by whether a cookie brought the token; not where
    the cookie that is renewed with it would not reach the browser."""
    tag: str = "two-factor"


class Route(Declaration, frozen=True, kw_only=True):
    """An endpoint with what its handler says of itself. `wire.handlers.routes_of` makes them, once, at the start."""

    handler: Handler
    access: Access
    """By the type of the call's principal."""
    body: type[msgspec.Struct]
    """The type of the call's body: what is read of a POST's body, or of a GET's query."""
    answer: Any
    """The type of the 200 answer's body, as msgspec describes it: the handler returns a `Reply` of it."""
    summary: str
    """The first paragraph of the handler's docstring, without its full stop."""
    description: str
    """The rest of the docstring."""
