"""What a page needs to know of its visitor: the account, whether step-up is due, and what became of an enrolment."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.answers import UserAnswer, user_answer
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import Action, StepUp
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.backup_codes.sql import BackupCodeState
from athena_auth.kernel.errors import Refused
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import AuthenticatorState
from athena_auth.store.transaction import Store
from athena_auth.wire.fields import BackupCode
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call


class VisitorQuery(msgspec.Struct, frozen=True):
    """What the visitor is about to do."""

    action: Action | None = None


class VisitorAnswer(msgspec.Struct, frozen=True):
    """The owner of the session."""

    user: UserAnswer
    session_id: str
    step_up_required: bool
    """Whether the action would be refused until a second factor is verified again."""
    passkey_required: bool
    """Whether that must be a passkey that verifies its user."""
    has_password: bool
    password_is_breached: bool
    """Whether the password was found in a breach at a sign-in."""


class BackupCodeQuery(msgspec.Struct, frozen=True):
    """A backup code; none for an enrolment on a server that does not offer them."""

    code: BackupCode | None = None


class BackupCodeAnswer(msgspec.Struct, frozen=True):
    """The state of the code; None if the account has no such code."""

    state: BackupCodeState | None


@dataclass(frozen=True, slots=True)
class AccountStatusApi:
    """The state of an account, for the server's own pages. Its routes are not served."""

    step_up: StepUp
    backup_codes: BackupCodes
    store: Store

    @get("/visitor")
    async def visitor(self, call: Call[SignedIn, VisitorQuery]) -> Reply[VisitorAnswer]:
        """Get the owner of the session, and whether step-up is due."""
        signed_in, action = call.principal, call.body.action
        is_passkey_due = action is not None and self.step_up.is_passkey_due(action, signed_in)
        is_due = is_passkey_due or (action is not None and self.step_up.is_due(action, signed_in))
        account = signed_in.account
        return Reply(
            VisitorAnswer(
                user=user_answer(account),
                session_id=signed_in.session.id,
                step_up_required=is_due,
                passkey_required=is_passkey_due,
                has_password=account.has_password,
                password_is_breached=account.password_is_breached,
            )
        )

    @get("/backup-code-state")
    async def backup_code_state(
        self, call: Call[SignedIn, BackupCodeQuery]
    ) -> Reply[BackupCodeAnswer] | Refused:
        """Get the state of a backup code, without consuming it.

        A page asks only about codes that it has shown to this session itself. New codes belong to one enrolment, so
        their state says whether it is pending, is confirmed, or was replaced by another one. Without codes, an enrolment
        is pending as long as the account has one that is.
        """
        user_id = call.principal.account.id
        if call.body.code is None:
            loaded = await self.store.read(lambda tx: authenticators.load(tx, user_id))
            is_pending = any(each.state is AuthenticatorState.PENDING for each in loaded)
            return Reply(BackupCodeAnswer(BackupCodeState.PENDING if is_pending else BackupCodeState.ACTIVE))
        code = self.backup_codes.parse(call.body.code)
        if isinstance(code, Refused):
            return code
        state = await self.store.read(lambda tx: self.backup_codes.state_of(tx, user_id, code))
        return Reply(BackupCodeAnswer(state))
