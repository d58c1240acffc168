"""Use cases of enrolment."""

from enum import StrEnum

import msgspec

from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up import Action, Authorized, Offered, StepUp
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.backup_codes.factor import BackupCodeFactor
from athena_auth.backup_codes.sql import State
from athena_auth.challenge.binding import session_binding
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.model import Change
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.otp.factor import OtpFactor
from athena_auth.store.transaction import Tx
from athena_auth.totp.factor import TotpFactor


class EnrollableFactor(StrEnum):
    """The factors that can be turned on; backup codes are created with each."""

    TOTP = "totp"
    OTP = "otp"


class Enrolment(msgspec.Struct, frozen=True):
    """An enrolment that was begun, or completed for a verified address, with the credentials to show once."""

    backup_codes: list[str]
    totp_uri: str | None = None
    is_pending: bool = True
    """Whether a code must confirm the factor before it is active."""

    def __repr__(self) -> str:
        return "Enrolment(…)"


class Factors(msgspec.Struct, frozen=True):
    """The factors of an enrolment."""

    totp: TotpFactor
    otp: OtpFactor
    backup_codes: BackupCodeFactor


class EnrolmentService:
    """Begins enrolments, which a code then confirms, and removes all factors.

    The active factors do not change before the new one is verified (I6): the secret and the backup codes that
    `enable` returns are pending, and the old ones stay active until then.
    """

    def __init__(
        self,
        *,
        factors: Factors,
        step_up: StepUp,
        events: CredentialEvents,
        notifications: SecurityNotifications,
        clock: Clock,
    ) -> None:
        self._factors = factors
        self._step_up = step_up
        self._events = events
        self._notifications = notifications
        self._clock = clock

    async def enable(
        self,
        signed_in: SignedIn,
        offered: Offered,
        factor: EnrollableFactor,
        *,
        issuer: str | None = None,
        number: str | None = None,
    ) -> Authorized[Enrolment] | Refused:
        """Begin an enrolment. With a phone number it is for codes by text message to that number."""
        refused = None if number is None else self._refuse_number(factor)
        if refused is not None:
            return refused
        now = self._clock.now()

        async def work(tx: Tx, current: SignedIn) -> Enrolment | Refused:
            account = current.account
            if factor is EnrollableFactor.OTP:
                return await self._begin_otp(tx, account, signed_in, number, now)
            audit.record(tx, audit_event(signed_in, EventName.ENROLMENT_BEGUN), now)
            uri = await self._factors.totp.begin_enrolment(tx, account.id, issuer, account.email, now)
            return Enrolment(await self._pending_codes(tx, account, now), totp_uri=uri)

        return await self._step_up.act(Action.ENABLE, signed_in, offered, work)

    async def disable(self, signed_in: SignedIn, offered: Offered) -> Authorized[None] | Refused:
        """Remove all factors, including pending enrolments. It is not an error if there are none."""
        user_id, now = signed_in.account.id, self._clock.now()

        async def work(tx: Tx, current: SignedIn) -> None:
            if not current.account.two_factor_enabled:
                self._events.cancel_enrolment(tx, user_id)
                return
            actor = Actor(signed_in.client, signed_in.session.id)
            await self._events.announce(tx, user_id, Change.FACTORS_REMOVED, actor, now)

        return await self._step_up.act(Action.DISABLE, signed_in, offered, work)

    def _refuse_number(self, factor: EnrollableFactor) -> Refused | None:
        if factor is not EnrollableFactor.OTP:
            return Refused(
                ErrorCode.VALIDATION_ERROR,
                "`phoneNumber` is valid only with the method `otp`. Leave it out, or use that method.",
            )
        if not self._factors.otp.goes_by_text:
            return Refused(
                ErrorCode.VALIDATION_ERROR,
                "This server does not send text messages. Leave `phoneNumber` out to receive codes by email.",
            )
        return None

    async def _begin_otp(
        self, tx: Tx, account: Account, signed_in: SignedIn, number: str | None, now: Millis
    ) -> Enrolment | Refused:
        otp = self._factors.otp
        if number is None and await otp.is_enrolled(tx, account.id):
            # There is nothing to confirm, so the new backup codes are active at once.
            codes = await self._factors.backup_codes.issue(tx, account.id, State.ACTIVE, now)
            audit.record(tx, audit_event(signed_in, EventName.BACKUP_CODES_GENERATED), now)
            await self._notifications.notify(
                tx, account, MessageKind.BACKUP_CODES_REPLACED, signed_in.client, now
            )
            return Enrolment(codes, is_pending=False)
        if number is not None or not account.email_verified:
            return await self._begin_sent_code(tx, account, signed_in, number, now)
        codes = await self._pending_codes(tx, account, now)
        await otp.enrol_at_once(tx, account.id, now)
        actor = Actor(signed_in.client, signed_in.session.id)
        await self._events.announce(tx, account.id, Change.FACTOR_ADDED, actor, now)
        return Enrolment(codes, is_pending=False)

    async def _begin_sent_code(
        self, tx: Tx, account: Account, signed_in: SignedIn, number: str | None, now: Millis
    ) -> Enrolment | Refused:
        otp, binding = self._factors.otp, session_binding(signed_in.session.id)
        # A refusal commits what came before it, so the send is counted before anything is replaced.
        refused = await otp.consume_send(tx, account, binding, signed_in.client, now)
        if refused is not None:
            return refused
        await otp.begin_enrolment(tx, account.id, now, number)
        await otp.send_counted(tx, account, binding, now, confirming=True)
        for event in (EventName.ENROLMENT_BEGUN, EventName.OTP_SENT):
            audit.record(tx, audit_event(signed_in, event), now)
        return Enrolment(await self._pending_codes(tx, account, now))

    async def _pending_codes(self, tx: Tx, account: Account, now: Millis) -> list[str]:
        return await self._factors.backup_codes.issue(tx, account.id, State.PENDING, now)
