"""HTTP for the current session, which front ends request when they load."""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import SessionAnswer, UserAnswer, session_answer, user_answer
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.service import AccountService
from athena_auth.wire.caller import Tokens
from athena_auth.wire.fields import Flag, is_set
from athena_auth.wire.handlers import get, post
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired
from athena_auth.wire.route import Call, NoBody


class GetSessionQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Options for loading the session."""

    disable_refresh: Annotated[Flag, Meta(description="Do not extend the session.")] | None = None


class GetSessionAnswer(msgspec.Struct, frozen=True):
    """The session and its owner."""

    session: SessionAnswer
    user: UserAnswer


class CurrentSessionApi:
    """The route, for GET and POST."""

    def __init__(self, service: AccountService) -> None:
        self._service = service

    @get("/get-session", renews=lambda query, _by_cookie: not is_set(query.disable_refresh), tag="sessions")
    async def get_session(
        self, call: Call[SignedIn | None, GetSessionQuery]
    ) -> Reply[GetSessionAnswer | None]:
        """Get the current session and its owner.

        Null without a session. `session.token` is the token for a bearer caller, and the session's id for a cookie
        caller, so that scripts cannot read the cookie's token.
        """
        return await self._reply(call.principal, call.caller.tokens)

    @post("/get-session", tag="sessions")
    async def get_session_by_post(
        self, call: Call[SignedIn | None, NoBody]
    ) -> Reply[GetSessionAnswer | None]:
        """Get the current session and its owner, by POST.

        Like GET, for clients that keep GET free of side effects.
        """
        return await self._reply(call.principal, call.caller.tokens)

    async def _reply(self, signed_in: SignedIn | None, tokens: Tokens) -> Reply[GetSessionAnswer | None]:
        if signed_in is None:
            return Reply(None, cookies=await self._dead_cookie(tokens))
        # The cookie is HttpOnly so that scripts cannot read it: do not give its token to them in a body.
        token = signed_in.session.id if tokens.by_cookie else signed_in.token
        return Reply(
            GetSessionAnswer(session_answer(signed_in.session, token), user_answer(signed_in.account))
        )

    async def _dead_cookie(self, tokens: Tokens) -> tuple[Cookie, ...]:
        """Return a cookie that removes an invalid session cookie, which front ends would take for a session.

        The cookie is kept if a concurrent request has just rotated the token: its response sets the new cookie.
        """
        is_dead = tokens.by_cookie and tokens.session is not None
        if not is_dead or await self._service.was_just_replaced(tokens.session or ""):
            return ()
        return (expired(CookieName.SESSION),)
