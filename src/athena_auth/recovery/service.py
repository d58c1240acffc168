"""What links are good for: setting a new password, verifying an address, and recognizing a browser.

A link proves that someone reads the owner's mail, which is one factor. So a reset ends in a challenge where a second
one is on, never in a session (I1); it ends everything that depended on the old password (I5); it gives no attempts at the
second factor back; and codes by mail stop standing in for an authenticator app until something other than the mailbox
was verified. The other links count only together with a session or the password: a mail scanner follows links too, and
whoever signed up with a stranger's address must not have them verify it.
"""

import msgspec

from athena_auth.accounts import rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.model import ChallengeIssued, Change
from athena_auth.challenge.password_login import PasswordLogin
from athena_auth.challenge.sign_in_policy import FirstFactor, SignInPolicy
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.recovery import sql
from athena_auth.recovery.model import Purpose
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import reset_account
from athena_auth.wire.caller import ClientInfo

_NEEDS_SESSION_OR_PASSWORD = (
    "Sign in to the account that this link belongs to, or confirm it with the password of that account."
)


class VerifiedEmail(msgspec.Struct, frozen=True):
    """An address is verified."""

    account: Account
    already: bool
    """Whether it was before."""


class PasswordReset(msgspec.Struct, frozen=True):
    """A new password is set."""

    account: Account
    challenged: ChallengeIssued | None
    """The challenge that follows where a second factor is on."""


class RecoveryService:
    """Honours links."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        pool: HashingPool,
        events: CredentialEvents,
        sign_in_policy: SignInPolicy,
        login: PasswordLogin,
    ) -> None:
        self._store = store
        self._clock = clock
        self._pool = pool
        self._events = events
        self._sign_in_policy = sign_in_policy
        self._login = login

    async def verify_in_session(
        self, token: str, signed_in: SignedIn | None, client: ClientInfo
    ) -> VerifiedEmail | Refused:
        """Verify an address by the token that was sent there and a session of that account."""
        now = self._clock.now()
        account = await self._owner_of(token, Purpose.VERIFY_EMAIL, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        if account.email_verified:
            return VerifiedEmail(account, already=True)
        if signed_in is None or signed_in.account.id != account.id:
            return Refused(ErrorCode.UNAUTHORIZED, _NEEDS_SESSION_OR_PASSWORD)

        async def work(tx: Tx) -> VerifiedEmail | Refused:
            return await self._mark_verified(tx, account, client, signed_in.session.id, now)

        return await self._store.transact(work)

    async def verify_by_password(
        self, token: str, password: str, first: FirstFactor
    ) -> VerifiedEmail | Refused:
        """Verify an address by the token that was sent there and the account's password. It signs nobody in."""
        now = self._clock.now()
        account = await self._owner_of(token, Purpose.VERIFY_EMAIL, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        if account.email_verified:
            return VerifiedEmail(account, already=True)
        opened = await self._login.open(account.email, password, first, vouched=True)
        if isinstance(opened, Refused):
            return opened

        async def work(tx: Tx) -> VerifiedEmail | Refused:
            if await accounts.lock_if_current(tx, opened.stored.version) is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            self._login.succeeded(tx, opened)
            return await self._mark_verified(tx, account, first.client, None, now)

        return await self._store.transact(work)

    async def recognize(self, token: str, password: str, first: FirstFactor) -> Account | Refused:
        """Use up the link of a mail about a blocked account; with the password, its browser is recognized."""
        now = self._clock.now()
        account = await self._owner_of(token, Purpose.RECOGNIZE_BROWSER, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        opened = await self._login.open(account.email, password, first, vouched=True)
        if isinstance(opened, Refused):
            return opened

        async def work(tx: Tx) -> Account | Refused:
            current = await accounts.lock_if_current(tx, opened.stored.version)
            if current is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            token_digest = digest(TokenKind.MAIL, token)
            if await sql.consume(tx, token_digest, Purpose.RECOGNIZE_BROWSER, now) is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            self._login.succeeded(tx, opened)
            entry = AuditEvent(name=EventName.BROWSER_RECOGNIZED, user_id=current.id, client=first.client)
            audit.record(tx, entry, now)
            return current

        return await self._store.transact(work)

    async def check_reset(self, token: str) -> Refused | None:
        """Say whether the link of a reset still works, and change nothing."""
        account = await self._owner_of(token, Purpose.RESET_PASSWORD, self._clock.now())
        return Refused(ErrorCode.INVALID_TOKEN) if account is None else None

    async def reset(self, token: str, password: str, first: FirstFactor) -> PasswordReset | Refused:
        """Set a new password by the token that was sent; a challenge follows where a second factor is on."""
        # Refused before anything is hashed, which is dear, or used up: another password can be typed.
        account = await self._owner_of(token, Purpose.RESET_PASSWORD, self._clock.now())
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        refused = rules.refuse_password(password, account.email)
        if refused is not None:
            return refused
        password_hash = await self._pool.hash(password)
        now = self._clock.now()

        async def work(tx: Tx) -> PasswordReset | Refused:
            user_id = await sql.consume(tx, digest(TokenKind.MAIL, token), Purpose.RESET_PASSWORD, now)
            before = None if user_id is None else await accounts.load(tx, user_id)
            if before is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            return await self._reset(tx, before, password_hash, first, now)

        return await self._store.transact(work)

    async def _reset(
        self, tx: Tx, before: Account, password_hash: str, first: FirstFactor, now: Millis
    ) -> PasswordReset | Refused:
        # An address proves nothing about what was set up before it was verified: whoever did that may be someone who
        # signed up with a stranger's address, and waits for them (account pre-hijacking).
        reclaims = before.two_factor_enabled and not before.email_verified
        change = Change.ACCOUNT_RECLAIMED if reclaims else Change.PASSWORD_RESET
        await accounts.reset_password(tx, before.id, password_hash, now)
        actor = Actor(first.client, None, reset_attempts=False)
        account = await self._events.announce(tx, before.id, change, actor, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        reset_account(tx, account.email, first.client.address)
        if not account.two_factor_enabled:
            return PasswordReset(account, None)
        challenged = await self._sign_in_policy.challenge(tx, account, first, now, recognized=True)
        return PasswordReset(account, challenged)

    async def _owner_of(self, token: str, purpose: Purpose, now: Millis) -> Account | None:
        token_digest = digest(TokenKind.MAIL, token)
        return await self._store.read(lambda tx: sql.load(tx, token_digest, purpose, now))

    async def _mark_verified(
        self, tx: Tx, account: Account, client: ClientInfo, session_id: SessionId | None, now: Millis
    ) -> VerifiedEmail | Refused:
        # The link stays until it expires: a second click is told that the address is verified, and it opens nothing.
        await accounts.mark_email_verified(tx, account.id, now)
        verified = AuditEvent(
            name=EventName.EMAIL_VERIFIED, user_id=account.id, client=client, session_id=session_id
        )
        audit.record(tx, verified, now)
        current = await accounts.load(tx, account.id)
        return VerifiedEmail(current, already=False) if current else Refused(ErrorCode.INVALID_TOKEN)
