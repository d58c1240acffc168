"""HTTP for signing up and signing in."""

from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import NEW_PASSWORD_ERRORS, UserAnswer, user_answer
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.languages import Languages
from athena_auth.mfa.answers import (
    EnrolmentMethods,
    EnrolmentRequiredAnswer,
    PreferredMethod,
    SignInCookies,
    enrolment_cookie,
    factor_name,
    factor_names,
    forgotten_enrolment,
    minted_cookies,
    redirect_fields,
)
from athena_auth.mfa.model import ChallengeIssued, EnrolmentIssued, FactorName
from athena_auth.mfa.sign_in_policy import FirstFactor, SessionIssued
from athena_auth.sign_in.model import Registration, VerificationAwaited
from athena_auth.sign_in.service import Credentials, SignInService
from athena_auth.sign_in.sign_up import SignUpService
from athena_auth.wire.caller import Caller
from athena_auth.wire.fields import (
    CallbackUrl,
    ChallengeToken,
    Email,
    EnrolmentRequired,
    EnrolmentToken,
    Flag,
    ImageUrl,
    InviteToken,
    NewPassword,
    Password,
    Redirect,
    SecondFactorDueAt,
    SecondFactorRequired,
    SessionToken,
    SignUpName,
    is_set,
    timestamp,
)
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SIGN_IN, SIGN_UP
from athena_auth.wire.redirects import RedirectPolicy
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired
from athena_auth.wire.route import Call

A = TypeVar("A", bound=msgspec.Struct)


class SignUpBody(msgspec.Struct, frozen=True, rename="camel"):
    """A new account."""

    name: SignUpName
    email: Email
    password: NewPassword
    image: ImageUrl | None = None
    invite: InviteToken | None = None
    remember_me: Flag | None = None
    callback_url: CallbackUrl | None = msgspec.field(default=None, name="callbackURL")


class SignUpAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The account as requested, and its session unless the address must be verified or a second factor enrolled first."""

    token: Annotated[
        str | None,
        Meta(
            description="The bearer token of the session; null if the address must be verified or a second factor enrolled first.",
            examples=["Zt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQwVM"],
        ),
    ]
    user: UserAnswer
    redirect: Redirect = UNSET
    url: CallbackUrl | UnsetType = UNSET
    second_factor_due_at: SecondFactorDueAt | UnsetType = UNSET
    enrolment_required: EnrolmentRequired | UnsetType = UNSET
    enrolment_token: EnrolmentToken | UnsetType = UNSET
    methods: EnrolmentMethods | UnsetType = UNSET


class SignInBody(msgspec.Struct, frozen=True, rename="camel"):
    """An address and a password. With `rememberMe` false (true by default) the cookie ends when the browser closes."""

    email: Email
    password: Password
    remember_me: Flag | None = None
    callback_url: CallbackUrl | None = msgspec.field(default=None, name="callbackURL")


class SignInAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Signed in: no second factor is required, or this device is trusted."""

    redirect: Annotated[bool, Meta(description="Whether to open `url`, the `callbackURL`.")] = False
    token: SessionToken
    user: UserAnswer
    url: CallbackUrl | UnsetType = UNSET
    second_factor_due_at: SecondFactorDueAt | UnsetType = UNSET


class SecondFactorDueAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A second factor is required; the token is valid only for verifying it."""

    two_factor_redirect: SecondFactorRequired = True
    two_factor_methods: Annotated[tuple[FactorName, ...], Meta(examples=[["totp", "otp", "backup-code"]])]
    preferred_method: PreferredMethod
    token: ChallengeToken


class SignInApi:
    """The routes of the first factor."""

    def __init__(
        self,
        service: SignInService,
        sign_up: SignUpService,
        cookies: SignInCookies,
        redirects: RedirectPolicy,
        languages: Languages,
    ) -> None:
        self._service = service
        self._sign_up = sign_up
        self._languages = languages
        self._cookies = cookies
        self._redirects = redirects

    @post(
        "/sign-up/email",
        errors=(
            ErrorCode.INVALID_EMAIL,
            ErrorCode.INVALID_CALLBACK_URL,
            ErrorCode.EMAIL_PASSWORD_SIGN_UP_DISABLED,
            ErrorCode.INVITE_REQUIRED,
            ErrorCode.INVALID_INVITE,
            *NEW_PASSWORD_ERRORS,
            ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
        ),
        limit=SIGN_UP,
        tag="sign-in",
    )
    async def sign_up(self, call: Call[None, SignUpBody]) -> Reply[SignUpAnswer] | Refused:
        """Create an account and sign in.

        The owner is sent a link that verifies the address, unless an invitation has verified it. With
        ATHENA_REQUIRE_VERIFIED_EMAIL there is no session before that: `token` is null, and the response is the same if the
        address already has an account, whose owner is then notified by email. ATHENA_SIGN_UP says who may sign up.
        """
        body = call.body
        first = self._first_factor(call.caller, body)
        if isinstance(first, Refused):
            return first
        language = self._languages.preferred(call.caller.accept_language)
        registration = Registration(
            name=body.name,
            email=body.email,
            password=body.password,
            image=body.image,
            invite=body.invite,
            language=None if language is None else language.code,
        )
        outcome = await self._sign_up.sign_up(registration, first)
        if isinstance(outcome, Refused):
            return outcome
        if isinstance(outcome, VerificationAwaited):
            return Reply(SignUpAnswer(None, user_answer(outcome.account)))
        owner = user_answer(outcome.account)
        if isinstance(outcome, EnrolmentIssued):
            demanded = SignUpAnswer(
                None,
                owner,
                enrolment_required=True,
                enrolment_token=outcome.token,
                methods=factor_names(outcome.methods),
            )
            return Reply(demanded, _enrolment_cookies(outcome))
        redirect, url = redirect_fields(body.callback_url)
        answer = SignUpAnswer(outcome.minted.token, owner, redirect, url, _due_at(outcome))
        return self._session_issued(outcome, answer, call.caller)

    @post(
        "/sign-in/email",
        errors=(
            ErrorCode.INVALID_EMAIL,
            ErrorCode.INVALID_EMAIL_OR_PASSWORD,
            ErrorCode.EMAIL_NOT_VERIFIED,
            ErrorCode.INVALID_CALLBACK_URL,
            ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
        ),
        limit=SIGN_IN,
        tag="sign-in",
    )
    async def sign_in(
        self, call: Call[None, SignInBody]
    ) -> Reply[SignInAnswer | SecondFactorDueAnswer | EnrolmentRequiredAnswer] | Refused:
        """Sign in with a password.

        If two-factor authentication is on, the response is a challenge: `twoFactorRedirect`, the available factors,
        and a token that is valid only for verifying one of them. With a `callbackURL`, the response that completes
        the sign-in contains `redirect` and `url`.

        If ATHENA_REQUIRE_SECOND_FACTOR applies to an account without a second factor, the response says by when it must have
        one. After that it is `enrolmentRequired`, with a token that is valid only for enrolling one.

        With ATHENA_REQUIRE_VERIFIED_EMAIL, a correct password for an address that is not verified is refused, and another link
        is sent.
        """
        body = call.body
        first = self._first_factor(call.caller, body)
        if isinstance(first, Refused):
            return first
        outcome = await self._service.sign_in(Credentials(body.email, body.password), first)
        if isinstance(outcome, Refused):
            return outcome
        if isinstance(outcome, SessionIssued):
            _, url = redirect_fields(body.callback_url)
            answer = SignInAnswer(
                redirect=url is not UNSET,
                token=outcome.minted.token,
                user=user_answer(outcome.account),
                url=url,
                second_factor_due_at=_due_at(outcome),
            )
            return self._session_issued(outcome, answer, call.caller)
        if isinstance(outcome, EnrolmentIssued):
            return _enrolment_demanded(outcome)
        return _challenged(outcome, call.caller)

    def _session_issued(self, issued: SessionIssued, body: A, caller: Caller) -> Reply[A]:
        token = issued.trust_token
        trust = () if token is None else (self._cookies.trust(token),)
        recognition = self._cookies.recognition(issued.account, caller)
        cookies = (*minted_cookies(issued.minted), *forgotten_enrolment(caller), *trust, recognition)
        return Reply(body, cookies, session_token=issued.minted.token)

    def _first_factor(self, caller: Caller, body: SignUpBody | SignInBody) -> FirstFactor | Refused:
        callback_url = body.callback_url
        if callback_url is not None and self._redirects.absolute(callback_url) is None:
            return Refused(ErrorCode.INVALID_CALLBACK_URL)
        tokens = caller.tokens
        return FirstFactor(
            caller.client,
            persistent=body.remember_me is None or is_set(body.remember_me),
            trust_token=tokens.trusted_device,
            browser_token=tokens.recognized_browser,
            callback_url=callback_url,
            superseded_session=tokens.session if tokens.by_cookie else None,
        )


def _due_at(issued: SessionIssued) -> str | UnsetType:
    return UNSET if issued.second_factor_due_at is None else timestamp(issued.second_factor_due_at)


def _enrolment_demanded(issued: EnrolmentIssued) -> Reply[EnrolmentRequiredAnswer]:
    answer = EnrolmentRequiredAnswer(enrolment_token=issued.token, methods=factor_names(issued.methods))
    return Reply(answer, _enrolment_cookies(issued))


def _enrolment_cookies(issued: EnrolmentIssued) -> tuple[Cookie, Cookie]:
    """Return the cookies of a sign-in that goes on with an enrolment.

    A challenge of an earlier sign-in, perhaps another person's, would get the codes that are to confirm it. As with a
    challenge, the browser's previous session stays until the sign-in is complete.
    """
    return enrolment_cookie(issued), expired(CookieName.CHALLENGE)


def _challenged(issued: ChallengeIssued, caller: Caller) -> Reply[SecondFactorDueAnswer]:
    # The browser's previous session stays until the second factor is verified: a concurrent sign-in in another tab may
    # just have received it.
    challenge = Cookie(CookieName.CHALLENGE, issued.token, issued.expires_in)
    removed = (expired(CookieName.TRUSTED_DEVICE),) if issued.device_is_invalid else ()
    answer = SecondFactorDueAnswer(
        two_factor_methods=factor_names(issued.methods),
        preferred_method=factor_name(issued.preferred),
        token=issued.token,
    )
    return Reply(answer, (challenge, *removed, *forgotten_enrolment(caller)))
