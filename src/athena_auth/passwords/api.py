"""HTTP for changing a password."""

import msgspec

from athena_auth.accounts.answers import session_reply, user_answer
from athena_auth.accounts.errors import NEW_PASSWORD_ERRORS, PASSWORD_STEP_UP_ERRORS
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up import Offered
from athena_auth.challenge.answers import SignInCookies, TokenUserAnswer
from athena_auth.kernel.outcome import Refused
from athena_auth.passwords.service import PasswordService
from athena_auth.wire.fields import Flag, NewPassword, Password, StepUpCode, is_set
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call


class ChangePasswordBody(msgspec.Struct, frozen=True, rename="camel"):
    """The current password and the new one; other sessions end unless `revokeOtherSessions` is false."""

    current_password: Password
    new_password: NewPassword
    code: StepUpCode | None = None
    revoke_other_sessions: Flag | None = None


class PasswordApi:
    """The routes of passwords."""

    def __init__(self, service: PasswordService, cookies: SignInCookies) -> None:
        self._service = service
        self._cookies = cookies

    @post(
        "/change-password",
        errors=(*PASSWORD_STEP_UP_ERRORS, *NEW_PASSWORD_ERRORS),
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
        body, signed_in = call.body, call.principal
        revoke = body.revoke_other_sessions is None or is_set(body.revoke_other_sessions)
        offered = Offered(body.current_password, body.code)
        changed = await self._service.change(signed_in, offered, body.new_password, revoke_others=revoke)
        if isinstance(changed, Refused):
            return changed
        answer = TokenUserAnswer(changed.signed_in.token, user_answer(changed.outcome))
        recognition = self._cookies.recognition(changed.outcome, call.caller)
        return session_reply(answer, changed.signed_in, recognition)
