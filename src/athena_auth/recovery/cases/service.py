"""Use cases of recovery cases.

A case needs the password and the mailbox of its owner twice: when it is opened and when it is completed. Between them is the
waiting time, in which a link in every mail cancels it, and so does every second factor of the owner. What each attacker can do
is in docs/adr/0029-recovery-when-everything-is-lost.md.
"""

from dataclasses import dataclass

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.recovery_cases import cancellation, rules
from athena_auth.accounts.recovery_cases import sql as cases
from athena_auth.accounts.recovery_cases.rules import RecoveryCase
from athena_auth.accounts.step_up_policy import Action, StepUp, StepUpCredentials
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import sql as challenges
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import MAX_ATTEMPTS, Change, EnrolmentIssued
from athena_auth.mfa.password_login import PasswordLogin
from athena_auth.mfa.sign_in_policy import FirstFactor, SignInPolicy
from athena_auth.recovery import sql as links
from athena_auth.recovery.cases.mails import RecoveryMails
from athena_auth.recovery.sql import Purpose
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.sends import budget as sends
from athena_auth.throttle.sends.budget import SendKind
from athena_auth.wire.caller import ClientInfo
from athena_auth.wire.route import ChallengeBearer


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCaseService:
    """What owners do with recovery cases.

    Attributes:
        is_on: Whether recovery is offered (ATHENA_RECOVERY).
        days: The waiting time.
    """

    store: Store
    clock: Clock
    events: CredentialEvents
    notifications: SecurityNotifications
    step_up: StepUp
    login: PasswordLogin
    sign_in_policy: SignInPolicy
    mails: RecoveryMails
    is_on: bool
    days: int

    async def request(self, bearer: ChallengeBearer) -> Refused | None:
        """Send the link that opens a case to the account of a challenge.

        Whether a case can be opened is decided when the link is used: the password alone discloses nothing about it.
        """
        if not self.is_on:
            return Refused(ErrorCode.RECOVERY_NOT_OFFERED)
        token_digest, now = digest(TokenKind.CHALLENGE, bearer.token), self.clock.now()

        async def work(tx: Tx) -> Refused | None:
            pending = await challenges.load_live(tx, token_digest, now)
            if pending is None:
                return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
            if pending.attempts >= MAX_ATTEMPTS:
                await challenges.end_exhausted(tx, token_digest)
                return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)
            account, client = pending.account, bearer.client
            kind = SendKind.RECOVERY_RECOGNIZED if pending.recognized else SendKind.RECOVERY
            refused = await sends.consume(tx, account.id, kind, client.address, now)
            if refused is not None:
                return refused
            self.mails.requested(tx, account, client, now)
            _record(tx, account, EventName.RECOVERY_REQUESTED, client, now)
            return None

        return await self.store.transact(work)

    async def open(self, token: str, client: ClientInfo) -> RecoveryCase | Refused:
        """Open a case with the token of the link."""
        if not self.is_on:
            return Refused(ErrorCode.RECOVERY_NOT_OFFERED)
        token_digest, now = digest(TokenKind.MAIL, token), self.clock.now()

        async def work(tx: Tx) -> RecoveryCase | Refused:
            found = await links.load(tx, token_digest, Purpose.OPEN_RECOVERY, now)
            if found is None or not await accounts.lock(tx, found.id):
                return Refused(ErrorCode.INVALID_TOKEN)
            # Again, under the lock: a concurrent request may have opened a case, or the credentials may have changed.
            account = await links.load(tx, token_digest, Purpose.OPEN_RECOVERY, now)
            if account is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            refused = await _refuse_opening(tx, account, now)
            if refused is not None:
                _record(tx, account, EventName.RECOVERY_REFUSED, client, now, refused)
                return Refused(refused)
            await links.consume(tx, token_digest, Purpose.OPEN_RECOVERY, now)
            case = rules.new_case(account, self.days, now)
            cases.insert(tx, case, next_mail_at=rules.next_mail_at(case, now))
            self.mails.opened(tx, account, case, client, now)
            _record(tx, account, EventName.RECOVERY_OPENED, client, now)
            return case

        return await self.store.transact(work)

    async def cancel(self, token: str, client: ClientInfo) -> Refused | None:
        """Cancel the case of an account with a link from one of its mails. This needs neither session nor password."""
        token_digest, now = digest(TokenKind.MAIL, token), self.clock.now()

        async def work(tx: Tx) -> Refused | None:
            account = await links.load(tx, token_digest, Purpose.CANCEL_RECOVERY, now)
            account = account or await links.load(tx, token_digest, Purpose.COMPLETE_RECOVERY, now)
            if account is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            cancelled = await cancellation.cancel(tx, self.notifications, account, client, now)
            return None if cancelled else Refused(ErrorCode.RECOVERY_ENDED)

        return await self.store.transact(work)

    async def cancel_in_session(self, signed_in: SignedIn) -> Refused | None:
        """Cancel the case of the account of a session in which a second factor was verified, however long ago."""

        async def work(tx: Tx, current: SignedIn) -> Refused | None:
            now = self.clock.now()
            cancelled = await cancellation.cancel(
                tx, self.notifications, current.account, current.client, now
            )
            return None if cancelled else Refused(ErrorCode.RECOVERY_ENDED)

        action = Action.CANCEL_RECOVERY_IN_SESSION
        done = await self.step_up.act(action, signed_in, StepUpCredentials(), work)
        return done if isinstance(done, Refused) else None

    async def complete(self, token: str, password: str, first: FirstFactor) -> EnrolmentIssued | Refused:
        """Remove every second factor, with the password and the link from the mail about the end of the waiting time."""
        now = self.clock.now()
        # Refuse before the password is counted and hashed, which is expensive.
        account = await self._account_to_recover(token, now)
        if isinstance(account, Refused):
            return account
        verified = await self.login.verify(account.email, password, first, vouched=True)
        if isinstance(verified, Refused):
            return verified

        async def work(tx: Tx) -> EnrolmentIssued | Refused:
            current = await accounts.lock_if_current(tx, verified.stored.version)
            if current is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            return await self._complete(tx, current, first, now)

        return await self.store.transact(work)

    async def _account_to_recover(self, token: str, now: Millis) -> Account | Refused:
        if not self.is_on:
            return Refused(ErrorCode.RECOVERY_NOT_OFFERED)

        async def work(tx: Tx) -> Account | Refused:
            account = await links.load(tx, digest(TokenKind.MAIL, token), Purpose.COMPLETE_RECOVERY, now)
            if account is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            refused = rules.refuse_completion(await cases.load(tx, account.recovery_case), now)
            return account if refused is None else Refused(refused)

        return await self.store.read(work)

    async def _complete(
        self, tx: Tx, account: Account, first: FirstFactor, now: Millis
    ) -> EnrolmentIssued | Refused:
        case = await cases.load(tx, account.recovery_case)
        refused = rules.refuse_completion(case, now)
        if refused is not None:
            return Refused(refused)
        if case is None or not await cases.end(tx, account.id, case.id):
            return Refused(ErrorCode.RECOVERY_ENDED)
        # This ends the link too, and resets the attempts at the password.
        await self.events.announce(tx, account.id, Change.FACTORS_RECOVERED, Actor(first.client, None), now)
        recovered = await cases.recover(tx, account.id, now)
        if recovered is None:
            return Refused(ErrorCode.RECOVERY_ENDED)
        return self.sign_in_policy.demand_enrolment(tx, recovered, first, now)


async def _refuse_opening(tx: Tx, account: Account, now: Millis) -> ErrorCode | None:
    current = await cases.load(tx, account.recovery_case)
    refused = rules.refuse_case(account, current, now)
    return refused or rules.refuse_owner(account, await cases.last_opened_at(tx, account.id), now)


def _record(
    tx: Tx,
    account: Account,
    event: EventName,
    client: ClientInfo,
    now: Millis,
    reason: ErrorCode | None = None,
) -> None:
    audit.record(tx, AuditEvent(name=event, user_id=account.id, client=client, reason=reason), now)
