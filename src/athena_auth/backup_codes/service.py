"""Use cases of backup codes."""

from dataclasses import dataclass

from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up import Action, Authorized, Offered, StepUp
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.backup_codes.factor import BackupCodes
from athena_auth.backup_codes.sql import State
from athena_auth.challenge.result import SecondFactorResult
from athena_auth.challenge.second_step import Principal, SecondStep, SubmittedCode
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class BackupCodeService:
    """Generates new sets and verifies codes."""

    method: BackupCodes
    second_step: SecondStep
    step_up: StepUp
    notifications: SecurityNotifications
    clock: Clock

    async def generate(self, signed_in: SignedIn, offered: Offered) -> Authorized[list[str]] | Refused:
        """Replace the account's codes with new ones, which are shown only once."""
        user_id, now = signed_in.account.id, self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> list[str] | Refused:
            account = current.account
            if not account.two_factor_enabled:
                return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
            codes = await self.method.issue(tx, user_id, State.ACTIVE, now)
            audit.record(tx, audit_event(signed_in, EventName.BACKUP_CODES_GENERATED), now)
            await self.notifications.notify(
                tx, account, MessageKind.BACKUP_CODES_REPLACED, signed_in.client, now
            )
            return codes

        return await self.step_up.act(Action.GENERATE_BACKUP_CODES, signed_in, offered, work)

    async def verify(self, principal: Principal, submitted: SubmittedCode) -> SecondFactorResult | Refused:
        """Verify a code: complete a sign-in, or step up."""
        return await self.second_step.verify(self.method, principal, submitted)
