"""Use cases of enrolment."""

from enum import StrEnum
from typing import Any

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.backup_codes.sql import BackupCodeState
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.passkeys.factor import Passkeys
from athena_auth.factors.totp.factor import Totp
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import prompts
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.factor import (
    EnrolmentBegun,
    EnrolmentOptions,
    EnrolmentRequest,
    EnrolmentState,
    Factor,
)
from athena_auth.mfa.model import Change, session_binding
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.store.transaction import Tx


class EnrollableFactor(StrEnum):
    """The factors that can be turned on; backup codes are created with each."""

    TOTP = "totp"
    OTP = "otp"
    PASSKEY = "passkey"


class Enrolment(msgspec.Struct, frozen=True):
    """An enrolment that was begun, or completed for a verified address, with the credentials to show once."""

    backup_codes: list[str]
    shown: dict[str, Any] = {}
    """Further fields of the response, by their names on the wire."""
    is_pending: bool = True
    """Whether a code must confirm the factor before it is active."""

    def __repr__(self) -> str:
        return "Enrolment(…)"


class Factors(msgspec.Struct, frozen=True):
    """The factors of a server."""

    every: tuple[Factor[Any], ...]
    """All that are built, in the order in which clients are offered them."""
    offered: OfferedFactors
    """Those that are offered and accepted."""
    totp: Totp
    otp: Otp
    backup_codes: BackupCodes
    passkeys: Passkeys | None = None
    """None on a server whose host application has left them out."""


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
        self._backup_codes = factors.backup_codes
        self._offered = factors.offered
        self._enrollable = factors.offered.enrollable
        self._step_up = step_up
        self._events = events
        self._notifications = notifications
        self._clock = clock

    async def enable(
        self,
        signed_in: SignedIn,
        offered: StepUpCredentials,
        factor: str,
        options: EnrolmentOptions,
    ) -> Authorized[Enrolment] | Refused:
        """Begin an enrolment. With a phone number it is for codes by text message to that number."""
        refused = self.validate(factor, options)
        if refused is not None:
            return refused
        session_id, now = signed_in.session.id, self._clock.now()

        async def work(tx: Tx, current: SignedIn) -> Enrolment | Refused:
            binding, client = session_binding(session_id), signed_in.client
            request = EnrolmentRequest(current.account, options, binding, client, session_id, now)
            return await self.begin(tx, factor, request)

        return await self._step_up.act(Action.ENABLE, signed_in, offered, work)

    def validate(self, factor: str, options: EnrolmentOptions) -> Refused | None:
        """Return why these options do not fit this factor, or this server; None if they do."""
        return self._offered.refuse_other(factor) or self._enrollable[factor].validate(options)

    async def begin(self, tx: Tx, factor: str, request: EnrolmentRequest) -> Enrolment | Refused:
        """Begin an enrolment whose sender has been authenticated in this transaction."""
        begun = await self._enrollable[factor].begin_enrolment(tx, request)
        return begun if isinstance(begun, Refused) else await self._continue(tx, factor, request, begun)

    async def _continue(
        self, tx: Tx, factor: str, request: EnrolmentRequest, begun: EnrolmentBegun
    ) -> Enrolment:
        """Create the backup codes of the enrolment, and record its state."""
        account, now = request.account, request.now
        if begun.state is EnrolmentState.UNCHANGED:
            # There is nothing to confirm, so the new backup codes are active at once.
            codes = await self._new_codes(tx, request, BackupCodeState.ACTIVE)
            if codes:
                _record(tx, request, EventName.BACKUP_CODES_GENERATED)
                await self._notifications.notify(
                    tx, account, MessageKind.BACKUP_CODES_REPLACED, request.client, now
                )
            return Enrolment(codes, is_pending=False)
        codes = await self._new_codes(tx, request, BackupCodeState.PENDING)
        if begun.state is EnrolmentState.CONFIRMED:
            actor = Actor(request.client, request.session_id)
            await self._events.announce(tx, account.id, Change.FACTOR_ADDED, actor, now)
            return Enrolment(codes, is_pending=False)
        _record(tx, request, EventName.ENROLMENT_BEGUN)
        if begun.code_was_sent:
            _record(tx, request, EventName.OTP_SENT)
        if begun.nonce is not None:
            prompts.keep_nonce(tx, account.id, request.binding, factor, begun.nonce, now)
        return Enrolment(codes, begun.shown)

    async def _new_codes(self, tx: Tx, request: EnrolmentRequest, state: BackupCodeState) -> list[str]:
        """Create the backup codes of an enrolment; none where they would not be accepted."""
        if not self._offered.has(self._backup_codes.name):
            # Codes of an enrolment that was given up would otherwise become active with this one.
            await self._backup_codes.discard_pending(tx, request.account.id)
            return []
        return await self._backup_codes.issue(tx, request.account.id, state, request.now)

    async def disable(self, signed_in: SignedIn, offered: StepUpCredentials) -> Authorized[None] | Refused:
        """Remove all factors, including pending enrolments. It is not an error if there are none."""
        if not signed_in.account.has_password:
            # Its owner signs in with a passkey, which would go too.
            return Refused(ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND)
        user_id, now = signed_in.account.id, self._clock.now()

        async def work(tx: Tx, current: SignedIn) -> None:
            if not current.account.two_factor_enabled:
                self._events.cancel_enrolment(tx, user_id)
                return
            actor = Actor(signed_in.client, signed_in.session.id)
            await self._events.announce(tx, user_id, Change.FACTORS_REMOVED, actor, now)

        return await self._step_up.act(Action.DISABLE, signed_in, offered, work)


def _record(tx: Tx, request: EnrolmentRequest, event: EventName) -> None:
    user_id, session_id = request.account.id, request.session_id
    entry = AuditEvent(name=event, user_id=user_id, client=request.client, session_id=session_id)
    audit.record(tx, entry, request.now)
