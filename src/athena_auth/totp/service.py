"""Use cases of the authenticator app."""

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


class TotpService:
    """Shows the secret to its owner and verifies its codes."""

    def __init__(
        self,
        method: Totp,
        second_step: SecondStep,
        step_up: StepUp,
        notifications: SecurityNotifications,
        clock: Clock,
    ) -> None:
        self._method = method
        self._second_step = second_step
        self._step_up = step_up
        self._notifications = notifications
        self._clock = clock

    async def uri(self, signed_in: SignedIn, offered: Offered) -> Authorized[str] | Refused:
        """Return the `otpauth` URI: of the enrolment under way, else of the active authenticator.

        The owner is notified where it is the active one: whoever has seen it can make the codes from then on.
        """
        now = self._clock.now()

        async def work(tx: Tx, current: SignedIn) -> str | Refused:
            account = current.account
            revealed = await self._method.uri(tx, account.id, account.email, now)
            if revealed is None:
                return Refused(ErrorCode.TOTP_NOT_ENABLED)
            if revealed.is_active:
                audit.record(tx, audit_event(signed_in, EventName.SECRET_REVEALED), now)
                await self._notifications.notify(
                    tx, account, MessageKind.SECRET_REVEALED, signed_in.client, now
                )
            return revealed.uri

        return await self._step_up.act(Action.REVEAL_SECRET, signed_in, offered, work)

    async def verify(self, principal: Principal, submitted: SubmittedCode) -> SecondFactorResult | Refused:
        """Sign in, confirm an enrolment, or prove the factor again."""
        return await self._second_step.verify(self._method, principal, submitted)
