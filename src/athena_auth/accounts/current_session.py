"""HTTP for the question that front ends ask when they load: who is signed in?"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import SessionAnswer, UserAnswer, session_answer, user_answer
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.service import AccountService
from athena_auth.wire.caller import Tokens
from athena_auth.wire.fields import Flag, is_set
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired
from athena_auth.wire.route import Access, Call, Route


class GetSessionQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How to look."""

    disable_refresh: (
        Annotated[Flag, Meta(description="Look only: leave the session's expiry as it is.")] | None
    ) = None


class GetSessionAnswer(msgspec.Struct, frozen=True):
    """The session and its owner."""

    session: SessionAnswer
    user: UserAnswer


class CurrentSessionApi:
    """The route, by both methods."""

    def __init__(self, service: AccountService) -> None:
        self._service = service

    async def get_session(self, call: Call[SignedIn | None, Any]) -> Reply:
        """Say who is signed in, or null."""
        signed_in = call.principal
        if signed_in is None:
            return Reply(None, cookies=await self._dead_cookie(call.caller.tokens))
        # A cookie is kept from scripts on purpose (HttpOnly): do not hand its token to them in a body.
        token = signed_in.session.id if call.caller.tokens.by_cookie else signed_in.token
        return Reply(
            GetSessionAnswer(session_answer(signed_in.session, token), user_answer(signed_in.account))
        )

    async def _dead_cookie(self, tokens: Tokens) -> tuple[Cookie, ...]:
        """Return the end of a session cookie that opens nothing, or front ends would go on taking it for a session.

        Not while a concurrent request is replacing the token: its answer brings the cookie's successor.
        """
        is_dead = tokens.by_cookie and tokens.session is not None
        if not is_dead or await self._service.was_just_replaced(tokens.session or ""):
            return ()
        return (expired(CookieName.SESSION),)

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        return (
            Route(
                method="GET",
                path="/get-session",
                handler=self.get_session,
                access=Access.OPTIONAL_SESSION,
                body=GetSessionQuery,
                answer=GetSessionAnswer | None,
                renews=lambda query, _by_cookie: not is_set(query.disable_refresh),
                summary="Say who is signed in",
                description="Null when nobody is. `session.token` is the bearer token for a bearer caller and "
                "the session's id for a cookie caller, whose token stays out of reach of scripts.",
                tag="sessions",
            ),
            Route(
                method="POST",
                path="/get-session",
                handler=self.get_session,
                access=Access.OPTIONAL_SESSION,
                answer=GetSessionAnswer | None,
                summary="Say who is signed in, by POST",
                description="The same, for clients that keep GET free of side effects.",
                tag="sessions",
            ),
        )
