"""HTTP for recovery when every second factor is lost."""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.answers import EnrolmentRequiredAnswer, enrolment_cookie, factor_names
from athena_auth.mfa.model import SecondStepCaller
from athena_auth.mfa.sign_in_policy import FirstFactor
from athena_auth.recovery.cases.service import RecoveryCaseService
from athena_auth.recovery.messages import MailTokenBody
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Done, MailToken, Password, Timestamp, timestamp
from athena_auth.wire.handlers import post
from athena_auth.wire.limits import MAIL_LINKS, SECOND_STEP
from athena_auth.wire.reply import CookieName, Reply, expired
from athena_auth.wire.route import Call, ChallengeBearer, NoBody


class RecoveryOpenedAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The recovery has begun."""

    status: Done = True
    due_at: Annotated[Timestamp, Meta(description="When the waiting time ends.")]


class CompleteRecoveryBody(msgspec.Struct, frozen=True):
    """The token of the link, and the password of its account."""

    token: MailToken
    password: Password


class RecoveryCaseApi:
    """The routes of recovery cases."""

    def __init__(self, service: RecoveryCaseService) -> None:
        self._service = service

    @post(
        "/two-factor/recovery/begin",
        errors=(
            ErrorCode.RECOVERY_NOT_OFFERED,
            ErrorCode.INVALID_TWO_FACTOR_COOKIE,
            ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE,
            ErrorCode.TOO_MANY_REQUESTS,
        ),
        limit=SECOND_STEP,
        tag="recovery",
    )
    async def begin(self, call: Call[SecondStepCaller, NoBody]) -> Reply[StatusAnswer] | Refused:
        """Request the link that begins the recovery of an account whose second factors are all lost.

        It takes the challenge of a sign-in, so the password has been verified. The link is mailed to the account's address
        and works once, for 30 minutes. ATHENA_RECOVERY turns recovery on.
        """
        bearer = call.principal
        if not isinstance(bearer, ChallengeBearer):
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        return await self._service.request(bearer) or Reply(StatusAnswer())

    @post(
        "/two-factor/recovery/open",
        errors=(
            ErrorCode.INVALID_TOKEN,
            ErrorCode.RECOVERY_NOT_OFFERED,
            ErrorCode.RECOVERY_ALREADY_OPEN,
            ErrorCode.RECOVERY_TOO_SOON,
            ErrorCode.RECOVERY_NEEDS_OPERATOR,
        ),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def open(self, call: Call[None, MailTokenBody]) -> Reply[RecoveryOpenedAnswer] | Refused:
        """Begin a recovery with the token of the link.

        It waits for ATHENA_RECOVERY_DAYS days. The owner is mailed at once and daily, each time with a link that cancels it,
        and every second factor that is verified cancels it too. An account has one recovery in 30 days, and none while its
        password is one that was set with a link from an email.
        """
        case = await self._service.open(call.body.token, call.caller.client)
        if isinstance(case, Refused):
            return case
        return Reply(RecoveryOpenedAnswer(due_at=timestamp(case.due_at)))

    @post(
        "/two-factor/recovery/cancel",
        errors=(ErrorCode.INVALID_TOKEN, ErrorCode.RECOVERY_ENDED),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def cancel(self, call: Call[None, MailTokenBody]) -> Reply[StatusAnswer] | Refused:
        """Cancel a recovery with the token of a link from any of its mails.

        Nobody has to be signed in. The second factors stay.
        """
        return await self._service.cancel(call.body.token, call.caller.client) or Reply(StatusAnswer())

    @post(
        "/two-factor/recovery/cancel-in-session",
        errors=(ErrorCode.STEP_UP_REQUIRED, ErrorCode.RECOVERY_ENDED),
        tag="recovery",
    )
    async def cancel_in_session(self, call: Call[SignedIn, NoBody]) -> Reply[StatusAnswer] | Refused:
        """Cancel the recovery of the account that is signed in.

        A second factor must have been verified in this session, at any time; a trusted device is not enough. `recoveryDueAt`
        of the status says whether a recovery waits. Verifying a second factor cancels it too.
        """
        return await self._service.cancel_in_session(call.principal) or Reply(StatusAnswer())

    @post(
        "/two-factor/recovery/complete",
        errors=(
            ErrorCode.INVALID_TOKEN,
            ErrorCode.RECOVERY_NOT_OFFERED,
            ErrorCode.RECOVERY_NOT_DUE,
            ErrorCode.RECOVERY_ENDED,
            ErrorCode.INVALID_EMAIL_OR_PASSWORD,
            ErrorCode.ACCOUNT_TEMPORARILY_LOCKED,
        ),
        limit=MAIL_LINKS,
        tag="recovery",
    )
    async def complete(
        self, call: Call[None, CompleteRecoveryBody]
    ) -> Reply[EnrolmentRequiredAnswer] | Refused:
        """Complete a recovery with the password and the token of the link from the mail about the end of its waiting time.

        All second factors are removed, and all sessions, pending sign-ins and trusted devices end. The response is an
        enrolment token, as that of every sign-in from now on: it can do nothing but enrol a second factor.
        """
        tokens = call.caller.tokens
        first = FirstFactor(
            call.caller.client,
            persistent=True,
            trust_token=tokens.trusted_device,
            browser_token=tokens.recognized_browser,
        )
        outcome = await self._service.complete(call.body.token, call.body.password, first)
        if isinstance(outcome, Refused):
            return outcome
        cookies = (enrolment_cookie(outcome), expired(CookieName.CHALLENGE), expired(CookieName.SESSION))
        answer = EnrolmentRequiredAnswer(enrolment_token=outcome.token, methods=factor_names(outcome.methods))
        return Reply(answer, cookies)
