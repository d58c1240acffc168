"""HTTP for changing, removing and setting a password."""

import msgspec

from athena_auth.accounts.answers import (
    NEW_PASSWORD_ERRORS,
    PASSWORD_STEP_UP_ERRORS,
    session_reply,
    user_answer,
)
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.step_up_policy import Authorized, StepUpCredentials
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import SignInCookies, TokenUserAnswer
from athena_auth.passwords.service import PasswordService
from athena_auth.wire.caller import Caller
from athena_auth.wire.fields import Flag, NewPassword, Password, StepUpCode, is_set
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody

_PASSKEY_ERRORS = (ErrorCode.STEP_UP_REQUIRED, ErrorCode.CONFLICT)


class ChangePasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """The current password and the new one; other sessions end unless `revokeOtherSessions` is false."""

    current_password: Password
    new_password: NewPassword
    code: StepUpCode | None = None
    revoke_other_sessions: Flag | None = None


class SetPasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """The password; other sessions end unless `revokeOtherSessions` is false."""

    new_password: NewPassword
    revoke_other_sessions: Flag | None = None


class PasswordApi:
    """The routes of passwords."""

    def __init__(self, service: PasswordService, cookies: SignInCookies) -> None:
        self._service = service
        self._cookies = cookies

    @post(
        "/change-password",
        errors=(
            *PASSWORD_STEP_UP_ERRORS,
            *NEW_PASSWORD_ERRORS,
            ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND,
        ),
        limit=SECOND_STEP,
        tag="accounts",
    )
    async def change_password(
        self, call: Call[SignedIn, ChangePasswordBody]
    ) -> Reply[TokenUserAnswer] | Refused:
        """Change the password.

        Revokes pending sign-ins, sent codes and trusted devices, and all other sessions unless `revokeOtherSessions`
        is false. The response contains a new token; the old one becomes invalid.
        """
        body = call.body
        offered = StepUpCredentials(body.current_password, body.code)
        changed = await self._service.change(
            call.principal,
            offered,
            body.new_password,
            revoke_others=_revokes_others(body.revoke_other_sessions),
        )
        return self._reply(changed, call.caller)

    @post(
        "/remove-password",
        errors=(
            *_PASSKEY_ERRORS,
            ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND,
            ErrorCode.TWO_FACTOR_NOT_ENABLED,
            ErrorCode.EMAIL_NOT_VERIFIED,
            ErrorCode.PASSKEY_NOT_FOUND,
        ),
        limit=SECOND_STEP,
        tag="accounts",
    )
    async def remove_password(self, call: Call[SignedIn, NoBody]) -> Reply[TokenUserAnswer] | Refused:
        """Remove the password.

        The owner then signs in with a passkey. Two-factor authentication must be on, the email address verified, and the account
        must have a passkey that verified its user when it was made. A passkey must have verified its user in this session in
        the last ten minutes. Revokes pending sign-ins, sent codes, trusted devices and all other sessions. The response contains a new
        token; the old one becomes invalid. /set-password sets a password again, and so does a password reset by email.
        """
        return self._reply(await self._service.remove(call.principal), call.caller)

    @post(
        "/set-password",
        errors=(*_PASSKEY_ERRORS, *NEW_PASSWORD_ERRORS, ErrorCode.PASSWORD_ALREADY_SET),
        limit=SECOND_STEP,
        tag="accounts",
    )
    async def set_password(self, call: Call[SignedIn, SetPasswordBody]) -> Reply[TokenUserAnswer] | Refused:
        """Set a password for an account that has none.

        A passkey must have verified its user in this session in the last ten minutes. Revokes what /change-password does.
        The response contains a new token; the old one becomes invalid.
        """
        body = call.body
        revoke_others = _revokes_others(body.revoke_other_sessions)
        changed = await self._service.set(call.principal, body.new_password, revoke_others=revoke_others)
        return self._reply(changed, call.caller)

    def _reply(
        self, changed: Authorized[Account] | Refused, caller: Caller
    ) -> Reply[TokenUserAnswer] | Refused:
        if isinstance(changed, Refused):
            return changed
        answer = TokenUserAnswer(changed.signed_in.token, user_answer(changed.outcome))
        recognition = self._cookies.recognition(changed.outcome, caller)
        return session_reply(answer, changed.signed_in, recognition)


def _revokes_others(wanted: Flag | None) -> bool:
    return wanted is None or is_set(wanted)
