"""HTTP for changing a password."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.answers import (
    NEW_PASSWORD_ERRORS,
    PASSWORD_STEP_UP_ERRORS,
    session_reply,
    user_answer,
)
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.password_policy import PasswordPolicy
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import SignInCookies, TokenUserAnswer
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import Change
from athena_auth.sessions.rules import has_second_factor
from athena_auth.store.transaction import Tx
from athena_auth.throttle.passwords.budget import reset_account
from athena_auth.wire.fields import Flag, NewPassword, Password, StepUpCode, is_set
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call


@dataclass(frozen=True, slots=True)
class PasswordService:
    """Replaces passwords and revokes everything that rests on the old one."""

    step_up: StepUp
    pool: HashingPool
    events: CredentialEvents
    clock: Clock
    policy: PasswordPolicy

    async def change(
        self, signed_in: SignedIn, offered: StepUpCredentials, new: str, *, revoke_others: bool
    ) -> Authorized[Account] | Refused:
        """Replace the password.

        This session gets a new token. Challenges and trusted devices are revoked; other sessions if `revoke_others`.
        """
        user_id, session = signed_in.account.id, signed_in.session
        refused = await self.policy.refuse(new, signed_in.account.email)
        if refused is not None:
            return refused
        new_hash = await self.pool.hash(new)
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> Account | Refused:
            await accounts.set_password(tx, user_id, new_hash, now)
            actor = Actor(
                signed_in.client,
                session.id,
                keeps_other_sessions=not revoke_others,
                reset_attempts=not current.account.two_factor_enabled or has_second_factor(current.session),
            )
            account = await self.events.announce(tx, user_id, Change.PASSWORD_CHANGED, actor, now)
            reset_account(tx, signed_in.account.email, signed_in.client.address)
            return account or Refused(ErrorCode.UNAUTHORIZED)

        return await self.step_up.act(Action.CHANGE_PASSWORD, signed_in, offered, work)


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
        offered = StepUpCredentials(body.current_password, body.code)
        changed = await self._service.change(signed_in, offered, body.new_password, revoke_others=revoke)
        if isinstance(changed, Refused):
            return changed
        answer = TokenUserAnswer(changed.signed_in.token, user_answer(changed.outcome))
        recognition = self._cookies.recognition(changed.outcome, call.caller)
        return session_reply(answer, changed.signed_in, recognition)
