"""A route is read off its handler: a handler that says no route is refused when the server starts, by name.

What the type checker has to see is marked with `type: ignore`: an ignore that is not needed fails `make check`.
"""

from typing import TYPE_CHECKING, Any

import pytest

from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.model import SecondStepCaller
from athena_auth.server.route_table import RouteTable
from athena_auth.wire.bodies import PasswordBody, StatusAnswer, StepUpBody
from athena_auth.wire.handlers import HandlerError, get, post, routes_of
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import RedirectReply, Reply
from athena_auth.wire.route import Access, Call, ChallengeBearer, NoBody, Route

if TYPE_CHECKING:
    from athena_auth.wire.bodies import StatusAnswer as SeenByTheTypeCheckerOnly


class Api:
    @post("/one", errors=(ErrorCode.INVALID_CODE,), limit=SECOND_STEP, tag="accounts")
    async def one(self, _call: Call[SignedIn, PasswordBody]) -> Reply[StatusAnswer] | Refused:
        """Do one thing.

        Only this one,
        and nothing else.

        Not twice.
        """
        return Reply(StatusAnswer())

    async def helper(self, _call: Call[None, NoBody]) -> Reply[StatusAnswer]:
        return Reply(StatusAnswer())

    @get("/three")
    async def three(self, _call: Call[SignedIn | None, NoBody]) -> Reply[StatusAnswer | None]:
        """Do a third thing."""
        return Reply(None)

    @post("/two")
    async def two(
        self, _call: Call[SecondStepCaller, StepUpBody]
    ) -> Reply[StatusAnswer] | RedirectReply | Refused:
        """Do another thing."""
        return RedirectReply("/elsewhere")

    @get("/four/{token}")
    async def four(self, _call: Call[None, NoBody]) -> RedirectReply:
        """Lead on."""
        return RedirectReply("/elsewhere")


def told(route: Route) -> tuple[Any, ...]:
    return (route.method, route.path, route.access, route.body, route.answer)


async def test_a_route_is_what_its_handler_says_in_the_order_of_the_handlers() -> None:
    first, *others = routes_of(Api())

    assert told(first) == ("POST", "/one", Access.SESSION, PasswordBody, StatusAnswer)
    assert first.summary == "Do one thing"
    assert first.description == "Only this one, and nothing else. Not twice."
    assert (first.errors, first.limit, first.tag) == ((ErrorCode.INVALID_CODE,), SECOND_STEP, "accounts")
    assert isinstance(await first.handler(Call(None, PasswordBody("x"), None)), Reply)  # type: ignore[arg-type]
    assert [told(route) for route in others] == [
        ("GET", "/three", Access.OPTIONAL_SESSION, NoBody, StatusAnswer | None),
        ("POST", "/two", Access.SESSION_OR_CHALLENGE, StepUpBody, StatusAnswer),
        ("GET", "/four/{token}", Access.PUBLIC, NoBody, None),
    ]


class Disagreeing:
    # Never called: the type checker sees that the code is not what its annotations say.
    @get("/x")
    async def serve(self, call: Call[SignedIn, StepUpBody]) -> Reply[StatusAnswer]:
        """Serve."""
        call.body.password  # type: ignore[attr-defined]  # noqa: B018
        call.principal.by_challenge  # type: ignore[attr-defined]  # noqa: B018
        return Reply("something else")  # type: ignore[arg-type]


class Undocumented:
    @get("/x")
    async def serve(self, _call: Call[None, NoBody]) -> Reply[StatusAnswer]:
        return Reply(StatusAnswer())


class Unreadable:
    @get("/x")
    async def serve(self, _call: Call[None, NoBody]) -> "Reply[SeenByTheTypeCheckerOnly]":
        """Serve."""
        return Reply(StatusAnswer())


class Unannotated:
    @get("/x")  # type: ignore[type-var]
    async def serve(self, _call: NoBody) -> Reply[StatusAnswer]:
        """Serve."""
        return Reply(StatusAnswer())


class OfAChallengeAlone:
    @get("/x")
    async def serve(self, _call: Call[ChallengeBearer, NoBody]) -> Reply[StatusAnswer]:
        """Serve."""
        return Reply(StatusAnswer())


class OfAStranger:
    @get("/x")
    async def serve(self, _call: Call[str, NoBody]) -> Reply[StatusAnswer]:  # type: ignore[type-var]
        """Serve."""
        return Reply(StatusAnswer())


class OfNoStruct:
    @get("/x")
    async def serve(self, _call: Call[None, dict[str, str]]) -> Reply[StatusAnswer]:
        """Serve."""
        return Reply(StatusAnswer())


class OfAnyReply:
    @get("/x")
    async def serve(self, _call: Call[None, NoBody]) -> Reply:  # type: ignore[type-arg]
        """Serve."""
        return Reply(StatusAnswer())


class OfTwoReplies:
    @get("/x")
    async def serve(self, _call: Call[None, NoBody]) -> Reply[StatusAnswer] | Reply[None]:
        """Serve."""
        return Reply(StatusAnswer())


class OfANumber:
    @get("/x")  # type: ignore[type-var]
    async def serve(self, _call: Call[None, NoBody]) -> Reply[StatusAnswer] | int:
        """Serve."""
        return 1


class OnlyRefusing:
    @get("/x")
    async def serve(self, _call: Call[None, NoBody]) -> Refused:
        """Serve."""
        return Refused(ErrorCode.NOT_FOUND)


@pytest.mark.parametrize(
    ("api", "fault"),
    [
        (Undocumented(), "has no docstring, which is the summary of its route"),
        (
            Unreadable(),
            "has annotations that cannot be read: name 'SeenByTheTypeCheckerOnly' is not defined",
        ),
        (Unannotated(), "must take one argument, a Call[principal, body]"),
        (
            OfAChallengeAlone(),
            "names a principal that the server never resolves: <class 'athena_auth.wire.route.ChallengeBearer'>",
        ),
        (OfAStranger(), "names a principal that the server never resolves: <class 'str'>"),
        (OfNoStruct(), "takes a body that is no Struct: dict[str, str]"),
        *(
            (api, "must return one Reply[answer] or a RedirectReply, and may return a Refused")
            for api in (OfAnyReply(), OfTwoReplies(), OfANumber(), OnlyRefusing())
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_a_handler_that_says_no_route_is_refused_by_name(api: object, fault: str) -> None:
    with pytest.raises(HandlerError) as refused:
        routes_of(api)

    assert str(refused.value) == f"The handler {type(api).__name__}.serve {fault}."


def test_a_handler_is_that_of_one_endpoint() -> None:
    with pytest.raises(HandlerError, match=r"^The handler Undocumented\.serve is declared twice;"):
        post("/y")(Undocumented.serve)


def test_an_endpoint_has_one_handler() -> None:
    with pytest.raises(
        HandlerError, match=r"^The handler Api\.one declares POST /one, which another one serves\.$"
    ):
        RouteTable(routes_of(Api(), Api()))
