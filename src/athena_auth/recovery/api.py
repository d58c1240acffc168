"""HTTP for links that travel by mail."""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import UserAnswer, user_answer
from athena_auth.accounts.errors import NEW_PASSWORD_ERRORS
from athena_auth.challenge.admission import FirstFactor
from athena_auth.challenge.model import MethodName
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.recovery.links import with_parameters
from athena_auth.recovery.requests import LinkRequests
from athena_auth.recovery.service import RecoveryService
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import ChallengeToken, Done, Email, MoreIsDue, NewPassword, NothingIsDue
from athena_auth.wire.limits import MAIL_LINKS
from athena_auth.wire.reply import Cookie, CookieName, Reply, expired
from athena_auth.wire.route import Access, Call, Route

Page = Annotated[
    str,
    Meta(
        max_length=2048,
        description="A page of this site or of a trusted origin, as an address or a path.",
        examples=["https://app.example.com/reset-password"],
    ),
]
MailToken = Annotated[
    str,
    Meta(
        max_length=128,
        description="What the link in the mail holds.",
        examples=["b8Yt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQw"],
    ),
]
_ASKED = "If there is an account with this address, a link is on its way there."


class RequestPasswordResetBody(msgspec.Struct, frozen=True, rename="camel"):
    """Whose password is forgotten, and the page that takes the new one."""

    email: Email
    redirect_to: Page | None = None


class ResetPasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """A new password, and the token that came by mail."""

    new_password: NewPassword
    token: MailToken


class SendVerificationEmailBody(msgspec.Struct, frozen=True):
    """The address to verify, and where to go afterwards."""

    email: Email
    callback_url: Page | None = msgspec.field(default=None, name="callbackURL")


class VerifyEmailQuery(msgspec.Struct, frozen=True):
    """The token that came by mail, and where to go afterwards."""

    token: MailToken
    callback_url: Page | None = msgspec.field(default=None, name="callbackURL")


class AskedAnswer(msgspec.Struct, frozen=True):
    """The same for every address."""

    status: Done = True
    message: Annotated[
        str, Meta(description="The same whether or not there is an account.", examples=[_ASKED])
    ] = _ASKED


class PasswordResetAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The password is set; sign in with it."""

    status: Done = True
    two_factor_redirect: NothingIsDue = False


class ChallengedAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The password is set, and a second factor is due before anybody is signed in."""

    status: Done = True
    two_factor_redirect: MoreIsDue = True
    two_factor_methods: Annotated[tuple[MethodName, ...], Meta(examples=[["totp", "backup-code"]])]
    token: ChallengeToken


class VerifiedAnswer(msgspec.Struct, frozen=True):
    """The address is verified. Nobody was signed in."""

    user: UserAnswer
    status: Done = True


class RecoveryApi:
    """The routes of links."""

    def __init__(self, requests: LinkRequests, service: RecoveryService) -> None:
        """Take the use cases."""
        self._requests = requests
        self._service = service

    async def request_password_reset(self, call: Call[None, RequestPasswordResetBody]) -> Reply | Refused:
        """Send a link."""
        body, client = call.body, call.caller.client
        refused = self._requests.ask_for_reset(body.email, body.redirect_to, client)
        return refused or Reply(AskedAnswer())

    async def reset_password(self, call: Call[None, ResetPasswordBody]) -> Reply | Refused:
        """Set a new password."""
        first = FirstFactor(call.caller.client, persistent=True, trust_token=None)
        outcome = await self._service.reset(call.body.token, call.body.new_password, first)
        if isinstance(outcome, Refused):
            return outcome
        # Whoever is signed in here may be somebody else than the owner of the link.
        signed_out = expired(CookieName.SESSION)
        if outcome is None:
            return Reply(PasswordResetAnswer(), (signed_out,))
        answer = ChallengedAnswer(two_factor_methods=outcome.methods, token=outcome.token)
        return Reply(answer, (Cookie(CookieName.CHALLENGE, outcome.token, outcome.expires_in), signed_out))

    async def send_verification_email(self, call: Call[None, SendVerificationEmailBody]) -> Reply | Refused:
        """Send a link."""
        body, client = call.body, call.caller.client
        refused = self._requests.ask_for_verification(body.email, body.callback_url, client)
        return refused or Reply(StatusAnswer())

    async def verify_email(self, call: Call[None, VerifyEmailQuery]) -> Reply | Refused:
        """Honour a link, and lead on when it says where."""
        query = call.body
        page = None if query.callback_url is None else self._requests.callback(query.callback_url)
        if isinstance(page, Refused):
            return page
        account = await self._service.verify(query.token, call.caller.client)
        if isinstance(account, Refused):
            return (
                account if page is None else Reply(None, location=with_parameters(page, error=account.code))
            )
        return Reply(VerifiedAnswer(user_answer(account)), location=page)

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        return (*self._reset_routes(), *self._verification_routes())

    def _reset_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/request-password-reset",
                handler=self.request_password_reset,
                access=Access.PUBLIC,
                body=RequestPasswordResetBody,
                answer=AskedAnswer,
                errors=(ErrorCode.INVALID_EMAIL, ErrorCode.INVALID_ORIGIN),
                limit=MAIL_LINKS,
                summary="Send a link that sets a new password",
                description="The answer and its time are the same whether or not there is such an account. The "
                "link leads to `redirectTo`, which finds the token as `?token=…`, and works once for 30 minutes.",
                tag="recovery",
            ),
            Route(
                method="POST",
                path="/reset-password",
                handler=self.reset_password,
                access=Access.PUBLIC,
                body=ResetPasswordBody,
                answer=PasswordResetAnswer | ChallengedAnswer,
                errors=(ErrorCode.INVALID_TOKEN, *NEW_PASSWORD_ERRORS),
                limit=MAIL_LINKS,
                summary="Set a new password by the token of a link",
                description="All sessions, pending sign-ins, sent codes and trusted devices end. Nobody is signed "
                "in: where a second factor is on the answer is a challenge.",
                tag="recovery",
            ),
        )

    def _verification_routes(self) -> tuple[Route, ...]:
        return (
            Route(
                method="POST",
                path="/send-verification-email",
                handler=self.send_verification_email,
                access=Access.PUBLIC,
                body=SendVerificationEmailBody,
                answer=StatusAnswer,
                errors=(ErrorCode.INVALID_EMAIL, ErrorCode.INVALID_ORIGIN),
                limit=MAIL_LINKS,
                summary="Send a link that verifies an address",
                description="The answer and its time are the same whether or not there is such an account. The "
                "link works once for 24 hours.",
                tag="recovery",
            ),
            Route(
                method="GET",
                path="/verify-email",
                handler=self.verify_email,
                access=Access.PUBLIC,
                body=VerifyEmailQuery,
                answer=VerifiedAnswer,
                errors=(ErrorCode.INVALID_TOKEN, ErrorCode.INVALID_ORIGIN),
                limit=MAIL_LINKS,
                summary="Verify an address by the token of a link",
                description="With `callbackURL` the answer is a redirect there, with `error=INVALID_TOKEN` when "
                "the link was used or has expired.",
                tag="recovery",
            ),
        )
