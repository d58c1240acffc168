"""What the router, the validation and the OpenAPI document know of an endpoint, and what its handler is called with."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

import msgspec

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.wire.caller import Caller, ClientInfo
from athena_auth.wire.limits import Limit
from athena_auth.wire.reply import RedirectReply, Reply


class Access(Enum):
    """Who may call; the principal is resolved before the handler runs."""

    PUBLIC = auto()
    """Any caller; the principal is None."""
    OPTIONAL_SESSION = auto()
    """Any caller; the principal is the session's owner, or None."""
    SESSION = auto()
    """The owner of a live session."""
    SESSION_OR_CHALLENGE = auto()
    """The owner of a live session, the bearer of a challenge or enrolment token, or an `EndedSession`."""
    SESSION_OR_ENROLMENT = auto()
    """The owner of a live session, or the bearer of an enrolment token."""


class SessionOwner(msgspec.Struct, frozen=True):
    """The owner of a live session. What is known of them is in the subclass, `accounts.model.SignedIn`."""


class ChallengeBearer(msgspec.Struct, frozen=True):
    """A caller with a challenge token. The token is unverified: checking it consumes an attempt."""

    token: str
    client: ClientInfo
    by_cookie: bool = False
    """Whether the token came as a cookie, so from a browser, which may submit a form twice."""
    superseded_session: str | None = None
    """The browser's previous session, which ends when the challenge is answered."""

    def __repr__(self) -> str:
        return "ChallengeBearer(…)"


class EnrolmentBearer(msgspec.Struct, frozen=True):
    """A caller with an enrolment token. The token is unverified: the transaction that acts on it looks it up."""

    token: str
    client: ClientInfo
    by_cookie: bool = False
    """Whether the token came as a cookie, so from a browser, which may submit a form twice."""
    superseded_session: str | None = None
    """The browser's previous session, which ends when the enrolment is confirmed."""

    def __repr__(self) -> str:
        return "EnrolmentBearer(…)"


class EndedSession(msgspec.Struct, frozen=True):
    """A browser with a session cookie that is no longer valid; its own concurrent request may just have replaced it."""

    token: str
    client: ClientInfo

    def __repr__(self) -> str:
        return "EndedSession(…)"


P = TypeVar("P", bound=SessionOwner | ChallengeBearer | EnrolmentBearer | EndedSession | None)
B = TypeVar("B")


class NoBody(msgspec.Struct, frozen=True):
    """The body of an endpoint that needs none: nothing, or any JSON object."""


class ForwardedRequest(msgspec.Struct, frozen=True):
    """The request that a proxy asks about (forward authentication)."""

    url: str | None = None
    """Where it goes, as a trusted proxy says: unverified, because browsers choose it. None if no trusted proxy says."""
    is_for_a_page: bool = False
    """Whether a browser is opening a page, so that a redirect leads somewhere. Scripts and APIs need a status."""


_NOT_FORWARDED = ForwardedRequest()


class Call(Generic[P, B]):
    """One request as a handler sees it, decoded and validated.

    `query` is that of a POST whose route declares one, `forwarded` is known if the route `reads_forwarded`.
    """

    __slots__ = ("body", "caller", "forwarded", "principal", "query")

    def __init__(
        self,
        principal: P,
        body: B,
        caller: Caller,
        query: Any = None,
    ) -> None:
        self.principal = principal
        self.body = body
        self.caller = caller
        self.query = query
        self.forwarded = _NOT_FORWARDED


def _always(_query: Any, _by_cookie: bool) -> bool:  # noqa: FBT001 - called by position
    return True


Outcome = Reply[Any] | RedirectReply | Refused
Handler = Callable[[Call[Any, Any]], Awaitable[Outcome]]
Method = Callable[[Any, Call[Any, Any]], Awaitable[Outcome]]
"""A handler before it is bound to its object."""


class Declaration(msgspec.Struct, frozen=True):
    """What an endpoint declares in addition to its handler: its path, its errors and its rate limit."""

    method: Literal["GET", "POST"]
    path: str
    """A path parameter, `{token}`, is read like a query parameter."""
    query: type[msgspec.Struct] | None = None
    """The type of a POST's query, in addition to its body."""
    errors: tuple[ErrorCode, ...] = ()
    """The errors of this endpoint, in addition to those that any endpoint may return."""
    statuses: tuple[tuple[ErrorCode, HTTPStatus], ...] = ()
    """Codes whose status differs at this endpoint, because existing clients expect it."""
    limit: Limit | None = None
    """The rate limit for one address; routes may share one."""
    renews: Callable[[Any, bool], bool] = _always
    """Whether a call extends the session. The arguments are the query of a GET and whether the token came as a cookie.
    It must not extend where the renewed cookie would not reach the browser."""
    reads_forwarded: bool = False
    """Whether the handler needs to know the request that a proxy asks about."""
    tag: str = "two-factor"


class Route(Declaration, frozen=True, kw_only=True):
    """An endpoint with its handler. `wire.handlers.routes_of` creates the routes once, at the start."""

    handler: Handler
    access: Access
    """Determined by the type of the call's principal."""
    body: type[msgspec.Struct]
    """The type of the call's body: of a POST's body or of a GET's query."""
    answer: Any
    """The type of the 200 response's body: the handler returns a `Reply` of it."""
    summary: str
    """The first paragraph of the handler's docstring, without its full stop."""
    description: str
    """The rest of the docstring."""
