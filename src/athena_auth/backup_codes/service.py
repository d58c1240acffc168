"""Use cases of backup codes."""

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.news import News
from athena_auth.accounts.proof import PasswordProof
from athena_auth.accounts.trail import entry_of
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Event
from athena_auth.backup_codes.method import BackupCodeMethod
from athena_auth.backup_codes.sql import State
from athena_auth.challenge.second_step import Passed, SecondStep, SubmittedCode
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions.rules import has_fresh_second_factor
from athena_auth.store.transaction import Tx
from athena_auth.wire.route import ChallengeBearer


class BackupCodeService:
    """Makes new sets and judges codes."""

    def __init__(
        self,
        method: BackupCodeMethod,
        second_step: SecondStep,
        proof: PasswordProof,
        news: News,
        clock: Clock,
        *,
        takes_a_factor: bool,
    ) -> None:
        """Take what it works with, and whether new codes take a second factor beside the password."""
        self._method = method
        self._second_step = second_step
        self._proof = proof
        self._news = news
        self._clock = clock
        self._takes_a_factor = takes_a_factor

    async def generate(self, signed_in: SignedIn, password: str) -> list[str] | Refused:
        """Replace the account's codes by new ones, which are shown this once."""
        user_id, now = signed_in.account.id, self._clock.now()
        enabled = signed_in.account.two_factor_enabled
        if self._takes_a_factor and enabled and not has_fresh_second_factor(signed_in.session, now):
            return Refused(ErrorCode.STEP_UP_REQUIRED)

        async def work(tx: Tx, account: Account) -> list[str] | Refused:
            if not account.two_factor_enabled:
                return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
            codes = await self._method.issue(tx, user_id, State.ACTIVE, now)
            audit.record(tx, entry_of(signed_in, Event.BACKUP_CODES_GENERATED), now)
            await self._news.tell(tx, account, MessageKind.BACKUP_CODES_REPLACED, signed_in.client, now)
            return codes

        return await self._proof.act(signed_in, password, work)

    async def verify(
        self, principal: SignedIn | ChallengeBearer, submitted: SubmittedCode
    ) -> Passed | Refused:
        """Sign in by a backup code, or prove one in a live session."""
        return await self._second_step.take(self._method, principal, submitted)
