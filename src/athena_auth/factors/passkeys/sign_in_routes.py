"""HTTP for signing in with a passkey alone."""

from http import HTTPStatus

import msgspec

from athena_auth.accounts.answers import SessionAnswer, UserAnswer, session_answer, user_answer
from athena_auth.factors.passkeys.answers import CredentialJson, RequestOptionsAnswer
from athena_auth.factors.passkeys.factor import MALFORMED, Passkeys
from athena_auth.factors.passkeys.model import AssertionResponse
from athena_auth.factors.passkeys.nonces import LIFETIME
from athena_auth.factors.passkeys.sign_in import PasskeySignIn
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import SignInCookies, forgotten_enrolment, minted_cookies
from athena_auth.mfa.sign_in_policy import FirstFactor
from athena_auth.wire.fields import SessionToken
from athena_auth.wire.handlers import get, post
from athena_auth.wire.limits import SIGN_IN
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired
from athena_auth.wire.route import Call, NoBody


class VerifyAuthenticationBody(msgspec.Struct, frozen=True):
    """The response of an authenticator."""

    response: CredentialJson


class VerifyAuthenticationAnswer(msgspec.Struct, frozen=True):
    """The new session, its token and its owner."""

    token: SessionToken
    session: SessionAnswer
    user: UserAnswer


class PasskeySignInApi:
    """The routes of signing in with a passkey."""

    def __init__(self, service: PasskeySignIn, factor: Passkeys, cookies: SignInCookies) -> None:
        self._service = service
        self._factor = factor
        self._cookies = cookies

    @get(
        "/passkey/generate-authenticate-options",
        errors=(ErrorCode.METHOD_NOT_AVAILABLE,),
        limit=SIGN_IN,
        tag="passkey",
    )
    async def authenticate_options(self, _call: Call[None, NoBody]) -> Reply[RequestOptionsAnswer] | Refused:
        """Get the options for signing in with a passkey.

        The user chooses one of theirs, also from the autofill of a field (`mediation: "conditional"`). The options are
        valid for five minutes, in the browser that gets the cookie of this response.
        """
        begun = self._service.begin()
        if isinstance(begun, Refused):
            return begun
        cookie, options = begun
        answer = msgspec.convert(options, RequestOptionsAnswer)
        return Reply(answer, (Cookie(CookieName.PASSKEY, cookie, LIFETIME),))

    @post(
        "/passkey/generate-authenticate-options",
        errors=(ErrorCode.METHOD_NOT_AVAILABLE,),
        limit=SIGN_IN,
        tag="passkey",
    )
    async def authenticate_options_by_post(
        self, call: Call[None, NoBody]
    ) -> Reply[RequestOptionsAnswer] | Refused:
        """Get the options for signing in with a passkey.

        The same as the GET.
        """
        return await self.authenticate_options(call)

    @post(
        "/passkey/verify-authentication",
        errors=(
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.CHALLENGE_NOT_FOUND,
            ErrorCode.PASSKEY_NOT_FOUND,
            ErrorCode.AUTHENTICATION_FAILED,
            ErrorCode.USER_VERIFICATION_REQUIRED,
            ErrorCode.EMAIL_NOT_VERIFIED,
        ),
        # As with any other credential that signs nobody in, and as existing clients expect.
        statuses=((ErrorCode.PASSKEY_NOT_FOUND, HTTPStatus.UNAUTHORIZED),),
        limit=SIGN_IN,
        tag="passkey",
    )
    async def verify_authentication(
        self, call: Call[None, VerifyAuthenticationBody]
    ) -> Reply[VerifyAuthenticationAnswer] | Refused:
        """Sign in with a passkey.

        The authenticator must have verified its user, by a PIN or a fingerprint for instance: then it is two factors, and
        no other one is asked for. Each response is accepted once.
        """
        response = self._factor.parse(call.body.response)
        if not isinstance(response, AssertionResponse):
            return Refused(ErrorCode.VALIDATION_ERROR, MALFORMED)
        tokens = call.caller.tokens
        first = FirstFactor(
            call.caller.client,
            persistent=True,
            trust_token=None,
            superseded_session=tokens.session if tokens.by_cookie else None,
        )
        issued = await self._service.finish(tokens.passkey, response, first)
        if isinstance(issued, Refused):
            return issued
        minted, account = issued.minted, issued.account
        answer = VerifyAuthenticationAnswer(
            minted.token, session_answer(minted.session, minted.token), user_answer(account)
        )
        recognition = self._cookies.recognition(account, call.caller)
        cookies = (
            *minted_cookies(minted),
            *forgotten_enrolment(call.caller),
            recognition,
            expired(CookieName.PASSKEY),
        )
        return Reply(answer, cookies, session_token=minted.token)
