"""HTTP for links in emails."""

from http import HTTPStatus

import msgspec

from athena_auth.accounts.errors import NEW_PASSWORD_ERRORS
from athena_auth.accounts.model import SignedIn
from athena_auth.challenge.answers import SignInCookies
from athena_auth.challenge.sign_in_policy import FirstFactor
from athena_auth.kernel.outcome import ErrorCode, Refused
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
    verified_answer,
)
from athena_auth.recovery.requests import EmailLinkRequests
from athena_auth.recovery.service import RecoveryService
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.caller import Caller
from athena_auth.wire.limits import MAIL_LINKS
from athena_auth.wire.redirects import with_parameters
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired
from athena_auth.wire.route import Access, Call, Route

_PASSWORD_ERRORS = (
    ErrorCode.INVALID_TOKEN,
    ErrorCode.INVALID_EMAIL_OR_PASSWORD,
    ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
)


class RecoveryApi:
    """The routes of links in emails."""

    def __init__(self, requests: EmailLinkRequests, service: RecoveryService, cookies: SignInCookies) -> None:
        self._requests = requests
        self._service = service
        self._cookies = cookies

    async def request_password_reset(self, call: Call[None, RequestPasswordResetBody]) -> Reply | Refused:
        """Send a password reset link."""
        body = call.body
        refused = self._requests.ask_for_reset(body.email, body.redirect_to, call.caller)
        return refused or Reply(AskedAnswer())

    async def reset_password(self, call: Call[None, ResetPasswordBody]) -> Reply | Refused:
        """Set a new password."""
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
        answer = ChallengedAnswer(two_factor_methods=challenged.methods, token=challenged.token)
        challenge = Cookie(CookieName.CHALLENGE, challenged.token, challenged.expires_in)
        return Reply(answer, (challenge, *cookies))

    async def check_reset_token(self, call: Call[None, MailTokenBody]) -> Reply | Refused:
        """Tell whether a link is valid."""
        refused = await self._service.check_reset(call.body.token)
        return refused or Reply(StatusAnswer())

    async def follow_reset(self, call: Call[None, FollowResetQuery]) -> Reply | Refused:
        """Redirect a browser from the link to the page that takes the new password."""
        query = call.body
        page = self._requests.reset_page(query.callback_url)
        if isinstance(page, Refused):
            return Refused(ErrorCode.INVALID_CALLBACK_URL)
        refused = await self._service.check_reset(query.token)
        found = {"token": query.token} if refused is None else {"error": refused.code.value}
        return Reply(None, location=with_parameters(page, **found))

    async def send_verification_email(
        self, call: Call[SignedIn | None, SendVerificationEmailBody]
    ) -> Reply | Refused:
        """Send a verification link."""
        body = call.body
        owner = None if call.principal is None else call.principal.account
        refused = self._requests.ask_for_verification(body.email, body.callback_url, owner, call.caller)
        return refused or Reply(StatusAnswer())

    async def verify_email(self, call: Call[SignedIn | None, VerifyEmailQuery]) -> Reply | Refused:
        """Verify an address in a session of its account, and redirect if the link has a `callbackURL`."""
        query = call.body
        page = None if query.callback_url is None else self._requests.callback(query.callback_url)
        if isinstance(page, Refused):
            return page
        outcome = await self._service.verify_in_session(query.token, call.principal, call.caller.client)
        if isinstance(outcome, Refused):
            # Without a session there is no redirect: the browser is shown the page that asks for the password.
            if page is None or outcome.code is ErrorCode.UNAUTHORIZED:
                return outcome
            return Reply(None, location=with_parameters(page, error=outcome.code))
        return Reply(verified_answer(outcome), location=page)

    async def confirm_email(self, call: Call[None, ConfirmEmailBody]) -> Reply | Refused:
        """Verify an address with the link and the password."""
        body = call.body
        page = None if body.callback_url is None else self._requests.callback(body.callback_url)
        if isinstance(page, Refused):
            return page
        outcome = await self._service.verify_by_password(
            body.token, body.password, _first_factor(call.caller)
        )
        return outcome if isinstance(outcome, Refused) else Reply(verified_answer(outcome, page))

    async def recognize_browser(self, call: Call[None, RecognizeBrowserBody]) -> Reply | Refused:
        """Make this browser a recognized one."""
        body = call.body
        account = await self._service.recognize(body.token, body.password, _first_factor(call.caller))
        if isinstance(account, Refused):
            return account
        return Reply(StatusAnswer(), (self._cookies.recognition(account, call.caller),))

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        return (*self._reset_routes(), *self._verification_routes(), *self._password_routes())

    def _reset_routes(self) -> tuple[Route, ...]:
        asks = self._request_route()
        earlier = "Send a password reset link (earlier name of the endpoint)"
        return (
            asks,
            msgspec.structs.replace(asks, path="/forget-password", summary=earlier),
            *self._link_routes(),
            self._reset_route(),
        )

    def _request_route(self) -> Route:
        return Route(
            method="POST",
            path="/request-password-reset",
            handler=self.request_password_reset,
            access=Access.PUBLIC,
            body=RequestPasswordResetBody,
            answer=AskedAnswer,
            errors=(ErrorCode.INVALID_EMAIL, ErrorCode.INVALID_REDIRECT_URL),
            limit=MAIL_LINKS,
            summary="Send a password reset link",
            description="The response and its time are the same whether or not there is such an account. The link "
            "leads to `redirectTo`, an allowed page that receives the token as `?token=…`, or to this server's own "
            "page. It works once, for 30 minutes.",
            tag="recovery",
        )

    def _reset_route(self) -> Route:
        return Route(
            method="POST",
            path="/reset-password",
            handler=self.reset_password,
            access=Access.PUBLIC,
            body=ResetPasswordBody,
            query=ResetPasswordQuery,
            answer=PasswordResetAnswer | ChallengedAnswer,
            errors=(ErrorCode.INVALID_TOKEN, *NEW_PASSWORD_ERRORS),
            limit=MAIL_LINKS,
            summary="Set a new password with the token of a link",
            description="Revokes all sessions, pending sign-ins, sent codes and trusted devices. It creates no session: if "
            "two-factor authentication is on, the response is a challenge. If the address was never verified, second "
            "factors that were set up before are removed.",
            tag="recovery",
        )

    def _link_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/check-reset-token",
                handler=self.check_reset_token,
                access=Access.PUBLIC,
                body=MailTokenBody,
                answer=StatusAnswer,
                errors=(ErrorCode.INVALID_TOKEN,),
                limit=MAIL_LINKS,
                summary="Tell whether a password reset link is still valid",
                description="A page that takes a new password can check the link before the user types one. Nothing changes.",
                tag="recovery",
            ),
            Route(
                method="GET",
                path="/reset-password/{token}",
                handler=self.follow_reset,
                access=Access.PUBLIC,
                body=FollowResetQuery,
                answer=None,
                errors=(ErrorCode.INVALID_CALLBACK_URL,),
                limit=MAIL_LINKS,
                summary="Redirect a browser to the page that takes a new password",
                description="Redirects to `callbackURL`, with `token` in its query if the link is valid, otherwise with "
                "`error=INVALID_TOKEN`. Nothing changes.",
                tag="recovery",
            ),
        )

    def _verification_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/send-verification-email",
                handler=self.send_verification_email,
                access=Access.OPTIONAL_SESSION,
                body=SendVerificationEmailBody,
                answer=StatusAnswer,
                errors=(
                    ErrorCode.INVALID_EMAIL,
                    ErrorCode.INVALID_CALLBACK_URL,
                    ErrorCode.EMAIL_ALREADY_VERIFIED,
                    ErrorCode.EMAIL_MISMATCH,
                ),
                limit=MAIL_LINKS,
                summary="Send an email verification link",
                description="Without a session, the response and its time are the same whether or not there is such an "
                "account. The link works for 24 hours, in a session of its account or with the password.",
                tag="recovery",
            ),
            Route(
                method="GET",
                path="/verify-email",
                handler=self.verify_email,
                access=Access.OPTIONAL_SESSION,
                body=VerifyEmailQuery,
                answer=VerifiedAnswer,
                errors=(ErrorCode.INVALID_TOKEN, ErrorCode.INVALID_CALLBACK_URL, ErrorCode.UNAUTHORIZED),
                statuses=((ErrorCode.INVALID_TOKEN, HTTPStatus.UNAUTHORIZED),),
                limit=MAIL_LINKS,
                browser_page="verify_email",
                leads_elsewhere=lambda query: query.callback_url is not None,
                summary="Verify an address with the token of a link, in a session of its account",
                description="Without such a session nothing changes, because mail scanners follow links too; a browser "
                "gets a page that asks for the password. With `callbackURL`, success redirects there, and an expired link "
                "redirects there with `error=INVALID_TOKEN`.",
                tag="recovery",
            ),
        )

    def _password_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/confirm-email",
                handler=self.confirm_email,
                access=Access.PUBLIC,
                body=ConfirmEmailBody,
                answer=VerifiedAnswer,
                errors=(*_PASSWORD_ERRORS, ErrorCode.INVALID_CALLBACK_URL),
                limit=MAIL_LINKS,
                summary="Verify an address with the token of a link and the password",
                description="This creates no session.",
                tag="recovery",
            ),
            Route(
                method="POST",
                path="/recognize-browser",
                handler=self.recognize_browser,
                access=Access.PUBLIC,
                body=RecognizeBrowserBody,
                answer=StatusAnswer,
                errors=_PASSWORD_ERRORS,
                limit=MAIL_LINKS,
                summary="Recognize this browser with the token of a link and the password",
                description="The link is in the email about an account that is blocked after too many failed attempts. "
                "Attempts from recognized browsers are counted separately. This creates no session.",
                tag="recovery",
            ),
        )


def _first_factor(caller: Caller) -> FirstFactor:
    tokens = caller.tokens
    return FirstFactor(
        caller.client,
        persistent=True,
        trust_token=tokens.trusted_device,
        browser_token=tokens.recognized_browser,
    )
