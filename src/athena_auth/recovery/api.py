"""HTTP for links that travel by mail."""

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
    """The routes of links."""

    def __init__(self, requests: EmailLinkRequests, service: RecoveryService, cookies: SignInCookies) -> None:
        self._requests = requests
        self._service = service
        self._cookies = cookies

    async def request_password_reset(self, call: Call[None, RequestPasswordResetBody]) -> Reply | Refused:
        """Send a link."""
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
        # Whoever is signed in here may be another person than the owner of the link.
        cookies = (expired(CookieName.SESSION), self._cookies.recognition(outcome.account, call.caller))
        challenged = outcome.challenged
        if challenged is None:
            return Reply(PasswordResetAnswer(), cookies)
        answer = ChallengedAnswer(two_factor_methods=challenged.methods, token=challenged.token)
        challenge = Cookie(CookieName.CHALLENGE, challenged.token, challenged.expires_in)
        return Reply(answer, (challenge, *cookies))

    async def check_reset_token(self, call: Call[None, MailTokenBody]) -> Reply | Refused:
        """Say whether a link works."""
        refused = await self._service.check_reset(call.body.token)
        return refused or Reply(StatusAnswer())

    async def follow_reset(self, call: Call[None, FollowResetQuery]) -> Reply | Refused:
        """Lead a browser from the link to the page that takes the new password."""
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
        """Send a link."""
        body = call.body
        owner = None if call.principal is None else call.principal.account
        refused = self._requests.ask_for_verification(body.email, body.callback_url, owner, call.caller)
        return refused or Reply(StatusAnswer())

    async def verify_email(self, call: Call[SignedIn | None, VerifyEmailQuery]) -> Reply | Refused:
        """Honour a link in a session of its account, and lead on when it says where."""
        query = call.body
        page = None if query.callback_url is None else self._requests.callback(query.callback_url)
        if isinstance(page, Refused):
            return page
        outcome = await self._service.verify_in_session(query.token, call.principal, call.caller.client)
        if isinstance(outcome, Refused):
            # Without proof the browser stays here: it is shown the page that asks for the password.
            if page is None or outcome.code is ErrorCode.UNAUTHORIZED:
                return outcome
            return Reply(None, location=with_parameters(page, error=outcome.code))
        return Reply(verified_answer(outcome), location=page)

    async def confirm_email(self, call: Call[None, ConfirmEmailBody]) -> Reply | Refused:
        """Honour a link together with the password."""
        body = call.body
        page = None if body.callback_url is None else self._requests.callback(body.callback_url)
        if isinstance(page, Refused):
            return page
        outcome = await self._service.verify_by_password(
            body.token, body.password, _first_factor(call.caller)
        )
        return outcome if isinstance(outcome, Refused) else Reply(verified_answer(outcome, page))

    async def recognize_browser(self, call: Call[None, RecognizeBrowserBody]) -> Reply | Refused:
        """Recognize this browser from now on."""
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
        earlier = "Send a link that sets a new password, by its earlier name"
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
            summary="Send a link that sets a new password",
            description="The answer and its time are the same whether or not there is such an account. The "
            "link leads to `redirectTo`, a page that the operator configured, which finds the token as "
            "`?token=…`, or to this server's own. It works once, for 30 minutes.",
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
            summary="Set a new password by the token of a link",
            description="All sessions, pending sign-ins, sent codes and trusted devices end. Nobody is signed "
            "in: where a second factor is on the answer is a challenge. An account whose address was never "
            "verified loses the factors that were set up before.",
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
                summary="Say whether the link of a password reset still works",
                description="For a page that takes a new password: it can say so before one is typed. Nothing changes.",
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
                summary="Lead a browser to the page that takes a new password",
                description="A redirect to `callbackURL`, with `token` in its query while the link works, else with "
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
                summary="Send a link that verifies an address",
                description="The answer and its time are the same whether or not there is such an account. The "
                "link works for 24 hours, in a session of its account or with the password.",
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
                summary="Verify an address by the token of a link, in a session of its account",
                description="Without such a session nothing changes, since mail scanners follow links too: a browser "
                "is shown a page that asks for the password. With `callbackURL` a success is a redirect there, and so "
                "is a link that has expired, with `error=INVALID_TOKEN`.",
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
                summary="Verify an address by the token of a link and the password",
                description="Nobody is signed in.",
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
                summary="Recognize this browser by the token of a link and the password",
                description="The link is in the mail about an account that is blocked after too many failed attempts. A "
                "recognized browser has attempts of its own. Nobody is signed in.",
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
