"""HTTP for links in emails."""

from http import HTTPStatus

from athena_auth.accounts.answers import NEW_PASSWORD_ERRORS
from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.languages import Language, Languages
from athena_auth.mfa.answers import SignInCookies, factor_name, factor_names
from athena_auth.mfa.sign_in_policy import FirstFactor
from athena_auth.recovery.messages import (
    AskedAnswer,
    ChallengedAnswer,
    ConfirmEmailBody,
    FollowResetQuery,
    MailTokenBody,
    PasswordResetAnswer,
    RecognizeBrowserBody,
    RequestPasswordResetBody,
    ResetPasswordBody,
    ResetPasswordQuery,
    SendVerificationEmailBody,
    VerifiedAnswer,
    VerifyEmailQuery,
    asked_answer,
    verified_answer,
)
from athena_auth.recovery.requests import EmailLinkRequests
from athena_auth.recovery.service import RecoveryService
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.caller import Caller
from athena_auth.wire.handlers import get, post
from athena_auth.wire.limits import MAIL_LINKS
from athena_auth.wire.redirects import with_parameters
from athena_auth.wire.reply import Cookie, CookieName, RedirectReply, Reply, expired
from athena_auth.wire.route import Call

_PASSWORD_ERRORS = (
    ErrorCode.INVALID_TOKEN,
    ErrorCode.INVALID_EMAIL_OR_PASSWORD,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
)


class RecoveryApi:
    """The routes of links in emails."""

    def __init__(
        self,
        requests: EmailLinkRequests,
        service: RecoveryService,
        cookies: SignInCookies,
        languages: Languages,
    ) -> None:
        self._languages = languages
        self._requests = requests
        self._service = service
        self._cookies = cookies

    @post(
        "/request-password-reset",
        errors=(ErrorCode.INVALID_EMAIL, ErrorCode.INVALID_REDIRECT_URL),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def request_password_reset(
        self, call: Call[None, RequestPasswordResetBody]
    ) -> Reply[AskedAnswer] | Refused:
        """Send a password reset link.

        The response and its time are the same whether or not there is such an account. The link leads to
        `redirectTo`, an allowed page that receives the token as `?token=…`, or to this server's own page. It works
        once, for 30 minutes.
        """
        body = call.body
        refused = self._requests.ask_for_reset(body.email, body.redirect_to, call.caller)
        return refused or Reply(asked_answer(self._language(call.caller)))

    @post(
        "/forget-password",
        errors=(ErrorCode.INVALID_EMAIL, ErrorCode.INVALID_REDIRECT_URL),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def forget_password(
        self, call: Call[None, RequestPasswordResetBody]
    ) -> Reply[AskedAnswer] | Refused:
        """Send a password reset link (earlier name of the endpoint).

        The response and its time are the same whether or not there is such an account. The link leads to
        `redirectTo`, an allowed page that receives the token as `?token=…`, or to this server's own page. It works
        once, for 30 minutes.
        """
        return await self.request_password_reset(call)

    @post("/check-reset-token", errors=(ErrorCode.INVALID_TOKEN,), limit=MAIL_LINKS, tag="recovery")
    async def check_reset_token(self, call: Call[None, MailTokenBody]) -> Reply[StatusAnswer] | Refused:
        """Tell whether a password reset link is still valid.

        A page that takes a new password can check the link before the user types one. Nothing changes.
        """
        refused = await self._service.check_reset(call.body.token)
        return refused or Reply(StatusAnswer())

    @get(
        "/reset-password/{token}", errors=(ErrorCode.INVALID_CALLBACK_URL,), limit=MAIL_LINKS, tag="recovery"
    )
    async def follow_reset(self, call: Call[None, FollowResetQuery]) -> RedirectReply | Refused:
        """Redirect a browser to the page that takes a new password.

        Redirects to `callbackURL`, with `token` in its query if the link is valid, otherwise with
        `error=INVALID_TOKEN`. Nothing changes.
        """
        query = call.body
        page = self._requests.reset_page(query.callback_url)
        if isinstance(page, Refused):
            return Refused(ErrorCode.INVALID_CALLBACK_URL)
        refused = await self._service.check_reset(query.token)
        found = {"token": query.token} if refused is None else {"error": refused.code.value}
        return RedirectReply(with_parameters(page, **found))

    @post(
        "/reset-password",
        errors=(ErrorCode.INVALID_TOKEN, *NEW_PASSWORD_ERRORS),
        query=ResetPasswordQuery,
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def reset_password(
        self, call: Call[None, ResetPasswordBody]
    ) -> Reply[PasswordResetAnswer | ChallengedAnswer] | Refused:
        """Set a new password with the token of a link.

        Revokes all sessions, pending sign-ins, sent codes and trusted devices. It creates no session: if two-factor
        authentication is on, the response is a challenge. If the address was never verified, second factors that were
        set up before are removed.
        """
        token = call.body.token or call.query.token
        if token is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        outcome = await self._service.reset(token, call.body.new_password, _first_factor(call.caller))
        if isinstance(outcome, Refused):
            return outcome
        # The browser may be signed in to another account than that of the link.
        cookies = (expired(CookieName.SESSION), self._cookies.recognition(outcome.account, call.caller))
        challenged = outcome.challenged
        if challenged is None:
            return Reply(PasswordResetAnswer(), cookies)
        answer = ChallengedAnswer(
            two_factor_methods=factor_names(challenged.methods),
            preferred_method=factor_name(challenged.preferred),
            token=challenged.token,
        )
        challenge = Cookie(CookieName.CHALLENGE, challenged.token, challenged.expires_in)
        return Reply(answer, (challenge, *cookies))

    @post(
        "/send-verification-email",
        errors=(
            ErrorCode.INVALID_EMAIL,
            ErrorCode.INVALID_CALLBACK_URL,
            ErrorCode.EMAIL_ALREADY_VERIFIED,
            ErrorCode.EMAIL_MISMATCH,
        ),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def send_verification_email(
        self, call: Call[SignedIn | None, SendVerificationEmailBody]
    ) -> Reply[StatusAnswer] | Refused:
        """Send an email verification link.

        Without a session, the response and its time are the same whether or not there is such an account. The link
        works for 24 hours, in a session of its account or with the password.
        """
        body = call.body
        owner = None if call.principal is None else call.principal.account
        refused = self._requests.ask_for_verification(body.email, body.callback_url, owner, call.caller)
        return refused or Reply(StatusAnswer())

    @get(
        "/verify-email",
        errors=(ErrorCode.INVALID_TOKEN, ErrorCode.INVALID_CALLBACK_URL, ErrorCode.UNAUTHORIZED),
        statuses=((ErrorCode.INVALID_TOKEN, HTTPStatus.UNAUTHORIZED),),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def verify_email(
        self, call: Call[SignedIn | None, VerifyEmailQuery]
    ) -> Reply[VerifiedAnswer] | RedirectReply | Refused:
        """Verify an address with the token of a link, in a session of its account.

        Without such a session nothing changes, because mail scanners follow links too. A browser gets a page, which asks
        for the password without a session. With `callbackURL`, success redirects there, and an expired link redirects there with
        `error=INVALID_TOKEN`.
        """
        query = call.body
        page = None if query.callback_url is None else self._requests.callback(query.callback_url)
        if isinstance(page, Refused):
            return page
        outcome = await self._service.verify_in_session(query.token, call.principal, call.caller.client)
        if isinstance(outcome, Refused):
            if page is None or outcome.code is ErrorCode.UNAUTHORIZED:
                return outcome
            return RedirectReply(with_parameters(page, error=outcome.code))
        return (
            Reply(verified_answer(outcome, self._language(call.caller)))
            if page is None
            else RedirectReply(page)
        )

    @post(
        "/confirm-email",
        errors=(*_PASSWORD_ERRORS, ErrorCode.INVALID_CALLBACK_URL),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def confirm_email(self, call: Call[None, ConfirmEmailBody]) -> Reply[VerifiedAnswer] | Refused:
        """Verify an address with the token of a link and the password.

        This creates no session. The browser becomes a recognized one.
        """
        body = call.body
        page = None if body.callback_url is None else self._requests.callback(body.callback_url)
        if isinstance(page, Refused):
            return page
        outcome = await self._service.verify_by_password(
            body.token, body.password, _first_factor(call.caller)
        )
        if isinstance(outcome, Refused):
            return outcome
        answer = verified_answer(outcome, self._language(call.caller), page)
        if outcome.already:
            return Reply(answer)  # the password was not looked at
        # The first sign-in often follows here. Link and password recognize the browser at /recognize-browser, too.
        return Reply(answer, (self._cookies.recognition(outcome.account, call.caller),))

    @post("/recognize-browser", errors=_PASSWORD_ERRORS, limit=MAIL_LINKS, tag="recovery")
    async def recognize_browser(
        self, call: Call[None, RecognizeBrowserBody]
    ) -> Reply[StatusAnswer] | Refused:
        """Recognize this browser with the token of a link and the password.

        The link is in the email about an account that is blocked after too many failed attempts. Attempts from
        recognized browsers are counted separately. This creates no session.
        """
        body = call.body
        account = await self._service.recognize(body.token, body.password, _first_factor(call.caller))
        if isinstance(account, Refused):
            return account
        return Reply(StatusAnswer(), (self._cookies.recognition(account, call.caller),))

    def _language(self, caller: Caller) -> Language:
        return self._languages.negotiate(caller.accept_language)


def _first_factor(caller: Caller) -> FirstFactor:
    tokens = caller.tokens
    return FirstFactor(
        caller.client,
        persistent=True,
        trust_token=tokens.trusted_device,
        browser_token=tokens.recognized_browser,
    )
