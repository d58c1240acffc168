"""Routes are declared at their handlers: `@post("/path", errors=…)` on the method that serves the endpoint.

The access, the request types and the response type come from the handler's annotations, which the type checker verifies.
The summary and the description come from its docstring.
"""

import inspect
from functools import partial
from types import FunctionType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from athena_auth.kernel.errors import Refused
from athena_auth.wire.reply import RedirectReply, Reply
from athena_auth.wire.route import (
    Access,
    Call,
    ChallengeBearer,
    Declaration,
    EndedSession,
    EnrolmentBearer,
    Handler,
    Method,
    Route,
    SessionOwner,
)

H = TypeVar("H", bound=Method)

_DECLARATION = "athena_auth.wire.handlers.declaration"
_ACCESS = {
    frozenset({NoneType}): Access.PUBLIC,
    frozenset({SessionOwner, NoneType}): Access.OPTIONAL_SESSION,
    frozenset({SessionOwner}): Access.SESSION,
    frozenset({SessionOwner, ChallengeBearer, EnrolmentBearer, EndedSession}): Access.SESSION_OR_CHALLENGE,
    frozenset({SessionOwner, EnrolmentBearer}): Access.SESSION_OR_ENROLMENT,
}


class HandlerError(TypeError):
    """The declaration or the annotations of a handler are invalid; the message names the handler and the fault."""

    def __init__(self, handler: Any, fault: str) -> None:
        super().__init__(f"The handler {handler.__qualname__} {fault}.")


class HandlerDecorator(Declaration, frozen=True):
    """A decorator that declares a method as the handler of an endpoint."""

    def __call__(self, handler: H) -> H:
        """Attach the declaration to the handler, where `routes_of` finds it."""
        if handler.__dict__.setdefault(_DECLARATION, self) is not self:
            raise HandlerError(handler, "is declared twice; each endpoint has a handler of its own")
        return handler


get = partial(HandlerDecorator, "GET")
"""Declare a GET handler; the body of its call is decoded from the query."""
post = partial(HandlerDecorator, "POST")
"""Declare a POST handler; the body of its call is decoded from JSON."""


def routes_of(*apis: object) -> tuple[Route, ...]:
    """Return the routes whose handlers the classes of these objects declare, in the order of their definition.

    Raises:
        HandlerError: a handler has no docstring, or annotations that say no route.
    """
    return tuple(
        _route(vars(function)[_DECLARATION], getattr(api, name))
        for api in apis
        for name, function in vars(type(api)).items()
        if isinstance(function, FunctionType) and _DECLARATION in vars(function)
    )


def alternatives_of(described: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself if it is not a union."""
    return get_args(described) if get_origin(described) in {Union, UnionType} else (described,)


def _route(declaration: Declaration, handler: Handler) -> Route:
    summary, description = _summary_and_description(handler)
    principal, body, returned = _annotations(handler)
    if not (isinstance(body, type) and issubclass(body, msgspec.Struct)):
        raise HandlerError(handler, f"takes a body that is no Struct: {body}")
    return Route(
        **msgspec.structs.asdict(declaration),
        handler=handler,
        access=_access(handler, principal),
        body=body,
        answer=_answer(handler, returned),
        summary=summary,
        description=description,
    )


def _summary_and_description(handler: Handler) -> tuple[str, str]:
    """Return the first paragraph of the docstring, without its full stop, and the rest, each on one line."""
    if not handler.__doc__:
        raise HandlerError(handler, "has no docstring, which is the summary of its route")
    summary, _, rest = inspect.cleandoc(handler.__doc__).partition("\n\n")
    return " ".join(summary.split()).removesuffix("."), " ".join(rest.split())


def _annotations(handler: Handler) -> tuple[Any, Any, Any]:
    """Return the types of the principal, the body and the return value."""
    try:
        hints = get_type_hints(handler, include_extras=True)
    except (AttributeError, NameError, SyntaxError, TypeError) as error:
        raise HandlerError(handler, f"has annotations that cannot be read: {error}") from error
    returned = hints.pop("return", None)
    (call,) = hints.values() if len(hints) == 1 else (None,)
    if get_origin(call) is not Call:
        raise HandlerError(handler, "must take one argument, a Call[principal, body]")
    return (*get_args(call), returned)


def _access(handler: Handler, principal: Any) -> Access:
    kinds = frozenset(_kind(each) for each in alternatives_of(principal))
    if kinds not in _ACCESS:
        raise HandlerError(handler, f"names a principal that the server never resolves: {principal}")
    return _ACCESS[kinds]


def _kind(principal: Any) -> Any:
    """Return the principal type that the server resolves; for the owner of a session it is the base class."""
    is_owner = isinstance(principal, type) and issubclass(principal, SessionOwner)
    return SessionOwner if is_owner else principal


def _answer(handler: Handler, returned: Any) -> Any:
    outcomes = alternatives_of(returned)
    replies = [outcome for outcome in outcomes if get_origin(outcome) is Reply]
    others = {outcome for outcome in outcomes if get_origin(outcome) is not Reply}
    if others <= {RedirectReply, Refused} and len(replies) == 1:
        return get_args(replies[0])[0]
    if others <= {RedirectReply, Refused} and not replies and RedirectReply in others:
        return None
    raise HandlerError(handler, "must return one Reply[answer] or a RedirectReply, and may return a Refused")
