"""Use cases of authenticator apps."""

from dataclasses import dataclass

from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up import Action, Authorized, Offered, StepUp
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.challenge.result import SecondFactorResult
from athena_auth.challenge.second_step import Principal, SecondStep, SubmittedCode
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx
from athena_auth.totp.factor import Totp


@dataclass(frozen=True, slots=True)
class TotpService:
    """Reveals the secret to its owner and verifies codes."""

    method: Totp
    second_step: SecondStep
    step_up: StepUp
    notifications: SecurityNotifications
    clock: Clock

    async def uri(self, signed_in: SignedIn, offered: Offered) -> Authorized[str] | Refused:
        """Return the `otpauth` URI of the pending enrolment, otherwise of the active authenticator.

        The owner is notified if it is the active one: an attacker who has seen it can generate valid codes.
        """
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> str | Refused:
            account = current.account
            revealed = await self.method.uri(tx, account.id, account.email, now)
            if revealed is None:
                return Refused(ErrorCode.TOTP_NOT_ENABLED)
            if revealed.is_active:
                audit.record(tx, audit_event(signed_in, EventName.SECRET_REVEALED), now)
                await self.notifications.notify(
                    tx, account, MessageKind.SECRET_REVEALED, signed_in.client, now
                )
            return revealed.uri

        return await self.step_up.act(Action.REVEAL_SECRET, signed_in, offered, work)

    async def verify(self, principal: Principal, submitted: SubmittedCode) -> SecondFactorResult | Refused:
        """Verify a code: complete a sign-in, confirm an enrolment, or step up."""
        return await self.second_step.verify(self.method, principal, submitted)
