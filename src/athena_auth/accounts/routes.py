"""HTTP for account owners: profile, deletion and sessions."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import (
    PASSWORD_STEP_UP_ERRORS,
    STEP_UP_ERRORS,
    SessionAnswer,
    renewed_reply,
    session_answer,
)
from athena_auth.accounts.model import ProfileChanges, SignedIn
from athena_auth.accounts.service import AccountService
from athena_auth.accounts.step_up_policy import StepUpCredentials
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.wire.bodies import StatusAnswer, StepUpBody
from athena_auth.wire.fields import Done, ImageUrl, LanguageCode, Name, Password, StepUpCode
from athena_auth.wire.handlers import get, post
from athena_auth.wire.limits import SECOND_STEP, SESSION_LISTS
from athena_auth.wire.reply import CookieName, Reply, expired
from athena_auth.wire.route import Call, NoBody

SessionName = Annotated[
    str,
    msgspec.Meta(
        max_length=128, pattern=r"^[A-Za-z0-9_-]*$(?!\n)", description="A session's id, or its token."
    ),
]


UnsupportedEmail = Annotated[
    str,
    Meta(
        description="Refused: this endpoint does not change the email address.",
        examples=["new@example.com"],
        extra_json_schema={"readOnly": True},
    ),
]


class UpdateUserBody(msgspec.Struct, frozen=True):
    """The fields to change. Absent fields stay as they are; a null image or language is removed."""

    name: Name | UnsetType = UNSET
    image: ImageUrl | UnsetType | None = UNSET
    language: LanguageCode | UnsetType | None = UNSET
    email: UnsupportedEmail | UnsetType | None = UNSET


class DeleteUserBody(msgspec.Struct, frozen=True):
    """The password; required unless a factor was verified in this session in the last ten minutes."""

    password: Password | None = None
    code: StepUpCode | None = None


class RevokeSessionBody(msgspec.Struct, frozen=True):
    """The session to end."""

    token: SessionName
    code: StepUpCode | None = None


class SuccessAnswer(msgspec.Struct, frozen=True):
    """The action was performed."""

    success: Done = True


class DeletedAnswer(msgspec.Struct, frozen=True):
    """The account was deleted."""

    success: Done = True
    message: Annotated[str, Meta(description="Always `User deleted`.", examples=["User deleted"])] = (
        "User deleted"
    )


_FORGET = (expired(CookieName.SESSION), expired(CookieName.CHALLENGE))


class AccountApi:
    """The routes of account owners."""

    def __init__(self, service: AccountService) -> None:
        self._service = service

    @post("/update-user", errors=(ErrorCode.EMAIL_CAN_NOT_BE_UPDATED,), tag="accounts")
    async def update_user(self, call: Call[SignedIn, UpdateUserBody]) -> Reply[StatusAnswer] | Refused:
        """Change the name, the image or the language."""
        body = call.body
        if body.email is not UNSET:
            return Refused(ErrorCode.EMAIL_CAN_NOT_BE_UPDATED)
        changes = ProfileChanges(body.name, body.image, body.language)
        if changes == ProfileChanges():
            return Refused(
                ErrorCode.VALIDATION_ERROR,
                Text("There is nothing to change. Send `name`, `image` or `language`."),
            )
        refused = await self._service.update_profile(call.principal, changes)
        return refused or Reply(StatusAnswer())

    @post(
        "/delete-user",
        errors=(*PASSWORD_STEP_UP_ERRORS, ErrorCode.SESSION_EXPIRED),
        limit=SECOND_STEP,
        tag="accounts",
    )
    async def delete_user(self, call: Call[SignedIn, DeleteUserBody]) -> Reply[DeletedAnswer] | Refused:
        """Delete the account and all its data."""
        offered = StepUpCredentials(call.body.password, call.body.code)
        deleted = await self._service.delete(call.principal, offered)
        if isinstance(deleted, Refused):
            return deleted
        forget_browser = (expired(CookieName.TRUSTED_DEVICE), expired(CookieName.RECOGNIZED_BROWSER))
        return Reply(DeletedAnswer(), cookies=(*_FORGET, *forget_browser))

    @post("/sign-out", tag="sessions")
    async def sign_out(self, call: Call[SignedIn | None, NoBody]) -> Reply[SuccessAnswer]:
        """End this session, or a pending sign-in that can only enrol a second factor."""
        if call.principal is not None:
            await self._service.sign_out(call.principal)
        enrolment = call.caller.tokens.enrolment
        if enrolment is None:
            return Reply(SuccessAnswer(), cookies=_FORGET)
        await self._service.end_enrolment_token(enrolment)
        return Reply(SuccessAnswer(), cookies=(*_FORGET, expired(CookieName.ENROLMENT)))

    @get("/list-sessions", limit=SESSION_LISTS, tag="sessions")
    async def list_sessions(self, call: Call[SignedIn, NoBody]) -> Reply[list[SessionAnswer]]:
        """List the account's sessions.

        `token` is the id of each session, which /revoke-session accepts. Tokens are stored as digests and cannot be
        shown.
        """
        sessions = await self._service.sessions_of(call.principal)
        return Reply([session_answer(session, session.id) for session in sessions])

    @post(
        "/revoke-session",
        errors=(ErrorCode.SESSION_NOT_FOUND, *STEP_UP_ERRORS),
        limit=SECOND_STEP,
        tag="sessions",
    )
    async def revoke_session(self, call: Call[SignedIn, RevokeSessionBody]) -> Reply[StatusAnswer] | Refused:
        """End one session."""
        offered = StepUpCredentials(code=call.body.code)
        revoked = await self._service.revoke(call.principal, call.body.token, offered)
        if isinstance(revoked, Refused):
            return revoked
        signed_in = call.principal
        is_own = call.body.token in {signed_in.session.id, signed_in.token}
        return Reply(StatusAnswer(), cookies=_FORGET if is_own else ())

    @post("/revoke-sessions", errors=STEP_UP_ERRORS, limit=SECOND_STEP, tag="sessions")
    async def revoke_sessions(self, call: Call[SignedIn, StepUpBody]) -> Reply[StatusAnswer] | Refused:
        """End all sessions, including this one."""
        offered = StepUpCredentials(code=call.body.code)
        revoked = await self._service.revoke_all(call.principal, offered, keep_this_one=False)
        return revoked if isinstance(revoked, Refused) else Reply(StatusAnswer(), cookies=_FORGET)

    @post("/revoke-other-sessions", errors=STEP_UP_ERRORS, limit=SECOND_STEP, tag="sessions")
    async def revoke_other_sessions(self, call: Call[SignedIn, StepUpBody]) -> Reply[StatusAnswer] | Refused:
        """End all other sessions."""
        offered = StepUpCredentials(code=call.body.code)
        revoked = await self._service.revoke_all(call.principal, offered, keep_this_one=True)
        if isinstance(revoked, Refused):
            return revoked
        return renewed_reply(StatusAnswer(), call.principal, revoked.signed_in)
