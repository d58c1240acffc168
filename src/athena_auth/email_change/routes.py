"""HTTP for a change of address."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import PASSWORD_STEP_UP_ERRORS, UserAnswer, renewed_reply, user_answer
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import StepUpCredentials
from athena_auth.email_change.links import UNDO_PATH, VERIFY_PATH, EmailChangeLinks
from athena_auth.email_change.service import EmailChangeService
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Done, Email, MailToken, Password, RedirectPage, StepUpCode
from athena_auth.wire.handlers import get, post
from athena_auth.wire.limits import MAIL_LINKS
from athena_auth.wire.redirects import with_parameters
from athena_auth.wire.reply import RedirectReply, Reply
from athena_auth.wire.route import Call


class ChangeEmailBody(msgspec.Struct, frozen=True, rename="camel"):
    """The new address, and the page to open afterwards.

    An account without a second factor needs its password, unless it has signed in in the last ten minutes.
    """

    new_email: Email
    callback_url: RedirectPage | None = msgspec.field(default=None, name="callbackURL")
    password: Password | None = None
    code: StepUpCode | None = None


class VerifyChangeQuery(msgspec.Struct, frozen=True):
    """The token of the link, and the page to open afterwards."""

    token: MailToken
    callback_url: RedirectPage | None = msgspec.field(default=None, name="callbackURL")


class UndoChangeBody(msgspec.Struct, frozen=True):
    """The token of the link."""

    token: MailToken


class EmailChangedAnswer(msgspec.Struct, frozen=True):
    """The account has the new address."""

    user: Annotated[UserAnswer, Meta(description="The account with its address.")]
    status: Done = True


@dataclass(frozen=True, slots=True)
class EmailChangeApi:
    """The routes of a change of address."""

    service: EmailChangeService
    links: EmailChangeLinks

    @post(
        "/change-email",
        errors=(
            ErrorCode.INVALID_EMAIL,
            ErrorCode.INVALID_CALLBACK_URL,
            ErrorCode.SESSION_EXPIRED,
            *PASSWORD_STEP_UP_ERRORS,
        ),
        limit=MAIL_LINKS,
        tag="accounts",
    )
    async def change_email(self, call: Call[SignedIn, ChangeEmailBody]) -> Reply[StatusAnswer] | Refused:
        """Send a link to a new address; the account changes when it is opened.

        The response is the same whether or not the new address has an account. The link works once, for 24 hours, in a
        session of the account, and ends if another one is requested. The old address is notified.
        """
        body, signed_in = call.body, call.principal
        callback = self.links.callback(body.callback_url)
        if isinstance(callback, Refused):
            return callback
        offered = StepUpCredentials(body.password, body.code)
        requested = await self.service.request(signed_in, offered, body.new_email, callback)
        if isinstance(requested, Refused):
            return requested
        return renewed_reply(StatusAnswer(), signed_in, requested.signed_in)

    @get(
        VERIFY_PATH,
        errors=(
            ErrorCode.INVALID_TOKEN,
            ErrorCode.INVALID_CALLBACK_URL,
            ErrorCode.UNAUTHORIZED,
            ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
        ),
        statuses=((ErrorCode.INVALID_TOKEN, HTTPStatus.UNAUTHORIZED),),
        limit=MAIL_LINKS,
        tag="accounts",
    )
    async def verify_change(
        self, call: Call[SignedIn | None, VerifyChangeQuery]
    ) -> Reply[EmailChangedAnswer] | RedirectReply | Refused:
        """Change the address with the token of a link, in a session of the account.

        Revokes pending sign-ins, sent codes, links, trusted devices and all other sessions. The old address, if it was
        verified, gets a link that undoes the change for seven days. With `callbackURL`, success redirects there, and an
        expired link or an address that is taken by now redirects there with `error`.
        """
        query = call.body
        callback = self.links.callback(query.callback_url)
        if isinstance(callback, Refused):
            return callback
        outcome = await self.service.verify(query.token, call.principal, call.caller.client)
        if isinstance(outcome, Refused):
            if callback is None or outcome.code is ErrorCode.UNAUTHORIZED:
                return outcome
            return RedirectReply(with_parameters(callback, error=outcome.code))
        return (
            Reply(EmailChangedAnswer(user_answer(outcome))) if callback is None else RedirectReply(callback)
        )

    @post(
        UNDO_PATH,
        errors=(ErrorCode.INVALID_TOKEN, ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL),
        limit=MAIL_LINKS,
        tag="accounts",
    )
    async def undo_change(self, call: Call[None, UndoChangeBody]) -> Reply[StatusAnswer] | Refused:
        """Undo a change of address with the token of the link to the old address.

        Restores that address and ends all sessions, pending sign-ins, links and trusted devices. The password no longer
        works; a link that sets a new one is mailed to the restored address. Second factors stay.
        """
        refused = await self.service.undo(call.body.token, call.caller.client)
        return refused or Reply(StatusAnswer())
