"""The responses to a verified second factor."""

from dataclasses import dataclass
from typing import Annotated, Literal, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth import enrolment_tokens
from athena_auth.accounts.answers import UserAnswer, session_cookie, user_answer
from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode
from athena_auth.mfa.model import EnrolmentIssued, FactorName, SecondFactorResult
from athena_auth.mfa.recognized_browsers import LIFETIME, RecognizedBrowsers
from athena_auth.sessions.model import Minted
from athena_auth.wire.caller import Caller
from athena_auth.wire.fields import (
    CallbackUrl,
    EnrolmentRequired,
    EnrolmentToken,
    Id,
    Redirect,
    SessionToken,
    Timestamp,
    timestamp,
)
from athena_auth.wire.reply import Cookie, CookieName, expired

SECOND_STEP_ERRORS = (
    ErrorCode.METHOD_NOT_AVAILABLE,
    ErrorCode.INVALID_TWO_FACTOR_COOKIE,
    ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
    ErrorCode.EMAIL_NOT_VERIFIED,
)


EnrolmentMethods = Annotated[
    tuple[FactorName, ...],
    Meta(description="The factors that can be enrolled.", examples=[["totp", "otp"]]),
]
PreferredMethod = Annotated[
    FactorName | None,
    Meta(
        description="The factor to offer first: the owner's choice as long as it is available, otherwise the first one. "
        "Null if none but a backup code is left.",
        examples=["totp"],
    ),
]


class TokenUserAnswer(msgspec.Struct, frozen=True):
    """The session's token and its owner, and the page to open next."""

    token: SessionToken
    user: UserAnswer
    redirect: Redirect = UNSET
    url: CallbackUrl | UnsetType = UNSET


class NewSessionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The session that a backup code created or raised."""

    token: SessionToken
    user_id: Id
    created_at: Timestamp
    expires_at: Timestamp


class EnrolmentRequiredAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A second factor must be enrolled first; the token is valid only for that."""

    enrolment_required: EnrolmentRequired = True
    enrolment_token: EnrolmentToken
    methods: EnrolmentMethods
    redirect: Annotated[bool, Meta(description="Always false: the sign-in is not complete.")] = False
    # Existing clients keep the token of a sign-in as that of a session.
    token: Annotated[None, Meta(description="Always null: there is no session.")] = None


def factor_names(names: tuple[str, ...]) -> tuple[FactorName, ...]:
    """Return names for an answer whose schema lists the factors that come with the server.

    A factor that a host adds goes out by its name too; clients ignore names they do not know.
    """
    return cast("tuple[FactorName, ...]", names)


def factor_name(name: str | None) -> FactorName | None:
    """Like `factor_names`, for one name or None."""
    return cast("FactorName | None", name)


def redirect_fields(callback_url: str | None) -> tuple[Literal[True], str] | tuple[UnsetType, UnsetType]:
    """Return the fields `redirect` and `url` of a response; Better Auth's client follows them."""
    return (UNSET, UNSET) if callback_url is None else (True, callback_url)


def minted_cookies(minted: Minted) -> tuple[Cookie, ...]:
    """Return the cookies of a new session: its own, and one that removes the challenge cookie."""
    return (session_cookie(minted.session, minted.token), expired(CookieName.CHALLENGE))


def enrolment_cookie(issued: EnrolmentIssued) -> Cookie:
    """Return the cookie of an enrolment token."""
    return Cookie(CookieName.ENROLMENT, issued.token, enrolment_tokens.LIFETIME)


def forgotten_enrolment(caller: Caller) -> tuple[Cookie, ...]:
    """Return the cookie that removes the browser's enrolment token, if it has one: another sign-in takes its place."""
    return () if caller.tokens.enrolment is None else (expired(CookieName.ENROLMENT),)


@dataclass(frozen=True, slots=True)
class SignInCookies:
    """The cookies of a completed sign-in, apart from the session's own.

    Attributes:
        trust_ttl: Seconds for which a device stays trusted.
    """

    browsers: RecognizedBrowsers
    clock: Clock
    trust_ttl: int

    def trust(self, token: str) -> Cookie:
        """Return the cookie of a trusted device."""
        return Cookie(CookieName.TRUSTED_DEVICE, token, self.trust_ttl)

    def recognition(self, account: Account, caller: Caller) -> Cookie:
        """Return the cookie that makes this a recognized browser of the account."""
        value = self.browsers.issue(account, caller.tokens.recognized_browser, self.clock.now())
        return Cookie(CookieName.RECOGNIZED_BROWSER, value, LIFETIME)


def token_user_answer(result: SecondFactorResult) -> TokenUserAnswer:
    """Return the response to a verified factor: the session and its owner."""
    return TokenUserAnswer(result.token, user_answer(result.account), *redirect_fields(result.callback_url))


def new_session_answer(result: SecondFactorResult) -> NewSessionAnswer:
    """Return the response to a backup code."""
    session = result.session
    return NewSessionAnswer(
        result.token, session.user_id, timestamp(session.created_at), timestamp(session.expires_at)
    )
