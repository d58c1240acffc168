"""HTTP for backup codes."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from athena_auth.accounts.answers import PASSWORD_STEP_UP_ERRORS, UserAnswer, renewed_reply, user_answer
from athena_auth.accounts.model import SignedIn, audit_event
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.backup_codes.sql import BackupCodeState
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import (
    SECOND_STEP_ERRORS,
    NewSessionAnswer,
    new_session_answer,
    redirect_fields,
)
from athena_auth.mfa.model import SecondFactorResult, SecondStepCaller
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.mfa.routes import VerifyEndpoint
from athena_auth.store.transaction import Tx
from athena_auth.wire.bodies import PasswordBody
from athena_auth.wire.fields import (
    BackupCode,
    BackupCodeList,
    CallbackUrl,
    CodesLeft,
    DisableSession,
    Done,
    Redirect,
    SessionToken,
    TrustDevice,
    is_set,
)
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import SECOND_STEP
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call


@dataclass(frozen=True, slots=True)
class BackupCodeService:
    """Generates new sets. `SecondStep` verifies the codes."""

    factor: BackupCodes
    offered: OfferedFactors
    step_up: StepUp
    notifications: SecurityNotifications
    clock: Clock

    async def generate(
        self, signed_in: SignedIn, offered: StepUpCredentials
    ) -> Authorized[list[str]] | Refused:
        """Replace the account's codes with new ones, which are shown only once."""
        refused = self.offered.refuse_other(self.factor.name)
        if refused is not None:
            return refused
        user_id, now = signed_in.account.id, self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> list[str] | Refused:
            account = current.account
            if not account.two_factor_enabled:
                return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
            codes = await self.factor.issue(tx, user_id, BackupCodeState.ACTIVE, now)
            audit.record(tx, audit_event(signed_in, EventName.BACKUP_CODES_GENERATED), now)
            await self.notifications.notify(
                tx, account, MessageKind.BACKUP_CODES_REPLACED, signed_in.client, now
            )
            return codes

        return await self.step_up.act(Action.GENERATE_BACKUP_CODES, signed_in, offered, work)


_LAST_CODE = "That was your last backup code. Generate new ones now, with your password, at /two-factor/generate-backup-codes."


class BackupCodesAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The new codes, which are shown only in this response."""

    status: Done = True
    backup_codes: BackupCodeList


class VerifyBackupCodeBody(msgspec.Struct, frozen=True, rename="camel"):
    """A backup code."""

    code: BackupCode
    disable_session: DisableSession | None = None
    trust_device: TrustDevice | None = None


class VerifyBackupCodeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The code was correct, and has been consumed."""

    user: UserAnswer
    session: NewSessionAnswer
    token: SessionToken
    backup_codes_left: CodesLeft
    message: (
        Annotated[str, Meta(description="What to do next, if this was the last code.", examples=[_LAST_CODE])]
        | UnsetType
    ) = UNSET
    redirect: Redirect = UNSET
    url: CallbackUrl | UnsetType = UNSET


class BackupCodeApi:
    """The routes of backup codes."""

    def __init__(
        self,
        service: BackupCodeService,
        factor: BackupCodes,
        endpoint: VerifyEndpoint,
    ) -> None:
        self._service = service
        self._factor = factor
        self._endpoint = endpoint

    @post(
        "/two-factor/generate-backup-codes",
        errors=(
            *PASSWORD_STEP_UP_ERRORS,
            ErrorCode.METHOD_NOT_AVAILABLE,
            ErrorCode.TWO_FACTOR_NOT_ENABLED,
        ),
        limit=SECOND_STEP,
    )
    async def generate(self, call: Call[SignedIn, PasswordBody]) -> Reply[BackupCodesAnswer] | Refused:
        """Replace the backup codes with new ones."""
        made = await self._service.generate(
            call.principal, StepUpCredentials(call.body.password, call.body.code)
        )
        if isinstance(made, Refused):
            return made
        return renewed_reply(BackupCodesAnswer(backup_codes=made.outcome), call.principal, made.signed_in)

    @post(
        "/two-factor/verify-backup-code",
        errors=(
            *SECOND_STEP_ERRORS,
            ErrorCode.INVALID_BACKUP_CODE,
            ErrorCode.BACKUP_CODES_NOT_ENABLED,
        ),
        limit=SECOND_STEP,
    )
    async def verify(
        self, call: Call[SecondStepCaller, VerifyBackupCodeBody]
    ) -> Reply[VerifyBackupCodeAnswer] | Refused:
        """Verify a backup code.

        Each code works once. With `disableSession` no session cookie is set, but the response still contains the
        session's token.
        """
        set_session = not is_set(call.body.disable_session)
        return await self._endpoint.respond(self._factor, call, _answer, set_session=set_session)


def _answer(result: SecondFactorResult) -> VerifyBackupCodeAnswer:
    left = result.codes_left or 0
    return VerifyBackupCodeAnswer(
        user_answer(result.account),
        new_session_answer(result),
        result.token,
        left,
        UNSET if left else _LAST_CODE,
        *redirect_fields(result.callback_url),
    )
