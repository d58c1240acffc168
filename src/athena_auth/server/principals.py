"""Resolves the principal of a call: the owner of a session, the bearer of a challenge or enrolment token, or nobody."""

from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.service import Resolver
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.model import ENDS_THE_CHALLENGE
from athena_auth.wire.caller import Caller
from athena_auth.wire.reply import CookieName
from athena_auth.wire.route import (
    Access,
    ChallengeBearer,
    EndedSession,
    EnrolmentBearer,
    Outcome,
    Route,
)

Principal = SignedIn | ChallengeBearer | EnrolmentBearer | EndedSession | None

_ENROLS = frozenset({Access.SESSION_OR_CHALLENGE, Access.SESSION_OR_ENROLMENT})


class PrincipalResolver:
    """Authenticates the callers of routes, for the API and for the pages."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def resolve(self, route: Route, query: object, caller: Caller) -> Principal | Refused:
        """Return the authenticated caller, if they may call this route. `query` is that of a GET."""
        access = route.access
        if access is Access.PUBLIC:
            return None
        pending = _pending_sign_in(access, caller)
        if pending is not None:
            return pending
        tokens = caller.tokens
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


def dead_sign_in(outcome: Outcome, caller: Caller) -> CookieName | None:
    """Return the caller's cookie of a pending sign-in if this outcome says that the sign-in has ended."""
    tokens = caller.tokens
    if not tokens.by_cookie or not isinstance(outcome, Refused) or outcome.code not in ENDS_THE_CHALLENGE:
        return None
    if tokens.challenge is not None:
        return CookieName.CHALLENGE
    return None if tokens.enrolment is None else CookieName.ENROLMENT


def _pending_sign_in(access: Access, caller: Caller) -> ChallengeBearer | EnrolmentBearer | None:
    """Return the bearer of a sign-in that is not complete. It takes precedence over an earlier session of the browser."""
    tokens = caller.tokens
    superseded = tokens.session if tokens.by_cookie else None
    if access is Access.SESSION_OR_CHALLENGE and tokens.challenge is not None:
        return ChallengeBearer(tokens.challenge, caller.client, tokens.by_cookie, superseded)
    if access in _ENROLS and tokens.enrolment is not None:
        return EnrolmentBearer(tokens.enrolment, caller.client, tokens.by_cookie, superseded)
    return None


def _without_session(caller: Caller) -> EndedSession | Refused:
    """Return the caller who sends a code without a challenge or a live session, often a browser that waited too long."""
    tokens = caller.tokens
    if tokens.session is None:
        return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
    if tokens.by_cookie:
        return EndedSession(tokens.session, caller.client)
    return Refused(ErrorCode.UNAUTHORIZED)
