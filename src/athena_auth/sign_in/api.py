"""HTTP for signing up and signing in."""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import UserAnswer, user_answer
from athena_auth.accounts.errors import NEW_PASSWORD_ERRORS
from athena_auth.challenge.admission import Admitted, FirstFactor
from athena_auth.challenge.answers import SignInCookies, minted_cookies
from athena_auth.challenge.model import Challenged, MethodName
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sign_in.service import Credentials, Registration, SignInService
from athena_auth.wire.caller import Caller
from athena_auth.wire.fields import (
    ChallengeToken,
    Email,
    Flag,
    ImageUrl,
    MoreIsDue,
    Name,
    NewPassword,
    Password,
    SessionToken,
    is_set,
)
from athena_auth.wire.limits import SIGN_IN, SIGN_UP
from athena_auth.wire.reply import Cookie, CookieName, Reply
from athena_auth.wire.route import Access, Call, Route


class SignUpBody(msgspec.Struct, frozen=True, rename="camel"):
    """A new account."""

    name: Name
    email: Email
    password: NewPassword
    image: ImageUrl | None = None
    remember_me: Flag | None = None


class SignUpAnswer(msgspec.Struct, frozen=True):
    """The account is made and its owner signed in."""

    token: SessionToken
    user: UserAnswer


class SignInBody(msgspec.Struct, frozen=True, rename="camel"):
    """An address and a password; without `rememberMe` (true by default) the session ends with the browser."""

    email: Email
    password: Password
    remember_me: Flag | None = None


class SignInAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Signed in: no second factor is due, or this device is trusted."""

    redirect: Annotated[bool, Meta(description="Always false.")] = False
    token: SessionToken
    user: UserAnswer


class SecondFactorDueAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A second factor is due; the token opens nothing but the second step."""

    two_factor_redirect: MoreIsDue = True
    two_factor_methods: Annotated[tuple[MethodName, ...], Meta(examples=[["totp", "otp", "backup-code"]])]
    token: ChallengeToken


class SignInApi:
    """The routes of the first factor."""

    def __init__(self, service: SignInService, cookies: SignInCookies) -> None:
        self._service = service
        self._cookies = cookies

    async def sign_up(self, call: Call[None, SignUpBody]) -> Reply | Refused:
        """Create an account."""
        body = call.body
        registration = Registration(body.name, body.email, body.password, body.image)
        outcome = await self._service.sign_up(registration, _first_factor(call.caller, body.remember_me))
        if isinstance(outcome, Admitted):
            answer = SignUpAnswer(outcome.minted.token, user_answer(outcome.account))
            return self._admitted(outcome, answer, call.caller)
        return self._not_admitted(outcome)

    async def sign_in(self, call: Call[None, SignInBody]) -> Reply | Refused:
        """Prove a password."""
        body = call.body
        credentials = Credentials(body.email, body.password)
        outcome = await self._service.sign_in(credentials, _first_factor(call.caller, body.remember_me))
        if isinstance(outcome, Admitted):
            answer = SignInAnswer(token=outcome.minted.token, user=user_answer(outcome.account))
            return self._admitted(outcome, answer, call.caller)
        return self._not_admitted(outcome)

    def _admitted(self, admitted: Admitted, body: msgspec.Struct, caller: Caller) -> Reply:
        token = admitted.trust_token
        trust = () if token is None else (self._cookies.trust(token),)
        recognition = self._cookies.recognition(admitted.account, caller)
        cookies = (*minted_cookies(admitted.minted), *trust, recognition)
        return Reply(body, cookies, session_token=admitted.minted.token)

    def _not_admitted(self, outcome: Challenged | Refused) -> Reply | Refused:
        if isinstance(outcome, Refused):
            return outcome
        # A session of this browser stays until the second step is done: a concurrent sign-in of another tab may have
        # just been given it.
        challenge = Cookie(CookieName.CHALLENGE, outcome.token, outcome.expires_in)
        answer = SecondFactorDueAnswer(two_factor_methods=outcome.methods, token=outcome.token)
        return Reply(answer, (challenge,))

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        return (
            Route(
                method="POST",
                path="/sign-up/email",
                handler=self.sign_up,
                access=Access.PUBLIC,
                body=SignUpBody,
                answer=SignUpAnswer,
                errors=(
                    ErrorCode.INVALID_EMAIL,
                    *NEW_PASSWORD_ERRORS,
                    ErrorCode.USER_ALREADY_EXISTS,
                ),
                limit=SIGN_UP,
                summary="Create an account and sign in",
                tag="sign-in",
            ),
            Route(
                method="POST",
                path="/sign-in/email",
                handler=self.sign_in,
                access=Access.PUBLIC,
                body=SignInBody,
                answer=SignInAnswer | SecondFactorDueAnswer,
                errors=(ErrorCode.INVALID_EMAIL_OR_PASSWORD, ErrorCode.ACCOUNT_TEMPORARILY_LOCKED),
                limit=SIGN_IN,
                summary="Sign in with a password",
                description="Where a second factor is on, the answer is a challenge: `twoFactorRedirect`, the "
                "methods that answer it, and a token that opens nothing but the second step.",
                tag="sign-in",
            ),
        )


def _first_factor(caller: Caller, remember_me: bool | str | None) -> FirstFactor:  # noqa: FBT001 - a field's value
    persistent = remember_me is None or is_set(remember_me)
    tokens = caller.tokens
    superseded = tokens.session if tokens.by_cookie else None
    return FirstFactor(
        caller.client, persistent, tokens.trusted_device, tokens.recognized_browser, superseded
    )
