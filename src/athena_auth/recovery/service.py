"""Use cases of links in emails: setting a new password, verifying an address, and recognizing a browser.

A link shows access to the owner's mailbox, which is one factor. So a password reset never creates a session; if a second
factor is on, it ends in a challenge (I1). It revokes everything that depends on the old password (I5). It does not reset
the attempts at the second factor. Codes by email do not replace an authenticator app until a factor other than the
mailbox has been verified.

The other links work only together with a session or the password: mail scanners follow links too, and an attacker who has
signed up with another person's address must not get it verified by them.
"""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.password_policy import PasswordPolicy
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import AuthenticatorState
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import ChallengeIssued, Change
from athena_auth.mfa.password_login import PasswordLogin
from athena_auth.mfa.sign_in_policy import FirstFactor, SignInPolicy
from athena_auth.recovery import sql
from athena_auth.recovery.sql import Purpose
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import reset_account
from athena_auth.wire.caller import ClientInfo

_NEEDS_SESSION_OR_PASSWORD = Text(
    "Sign in to the account that this link belongs to, or confirm it with the password of that account."
)


class VerifiedEmail(msgspec.Struct, frozen=True):
    """The address is verified."""

    account: Account
    already: bool
    """Whether it was verified before."""


class PasswordReset(msgspec.Struct, frozen=True):
    """A new password was set."""

    account: Account
    challenged: ChallengeIssued | None
    """The challenge, if two-factor authentication is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryService:
    """Performs what a link was sent for."""

    store: Store
    clock: Clock
    pool: HashingPool
    events: CredentialEvents
    sign_in_policy: SignInPolicy
    login: PasswordLogin
    password_policy: PasswordPolicy

    async def verify_in_session(
        self, token: str, signed_in: SignedIn | None, client: ClientInfo
    ) -> VerifiedEmail | Refused:
        """Verify an address with the token that was sent to it, in a session of its account."""
        now = self.clock.now()
        account = await self._owner_of(token, Purpose.VERIFY_EMAIL, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        if account.email_verified:
            return VerifiedEmail(account, already=True)
        if signed_in is None or signed_in.account.id != account.id:
            return Refused(ErrorCode.UNAUTHORIZED, _NEEDS_SESSION_OR_PASSWORD)

        async def work(tx: Tx) -> VerifiedEmail | Refused:
            return await self._mark_verified(tx, account, client, signed_in.session.id, now)

        return await self.store.transact(work)

    async def verify_by_password(
        self, token: str, password: str, first: FirstFactor
    ) -> VerifiedEmail | Refused:
        """Verify an address with the token that was sent to it and the account's password. This creates no session."""
        now = self.clock.now()
        account = await self._owner_of(token, Purpose.VERIFY_EMAIL, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        if account.email_verified:
            return VerifiedEmail(account, already=True)
        verified = await self.login.verify(account.email, password, first, vouched=True)
        if isinstance(verified, Refused):
            return verified

        async def work(tx: Tx) -> VerifiedEmail | Refused:
            if await accounts.lock_if_current(tx, verified.stored.version) is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            self.login.succeeded(tx, verified)
            return await self._mark_verified(tx, account, first.client, None, now)

        return await self.store.transact(work)

    async def recognize(self, token: str, password: str, first: FirstFactor) -> Account | Refused:
        """Consume the link of an email about a blocked account; with the password, the browser becomes recognized."""
        now = self.clock.now()
        account = await self._owner_of(token, Purpose.RECOGNIZE_BROWSER, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        verified = await self.login.verify(account.email, password, first, vouched=True)
        if isinstance(verified, Refused):
            return verified

        async def work(tx: Tx) -> Account | Refused:
            current = await accounts.lock_if_current(tx, verified.stored.version)
            if current is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            token_digest = digest(TokenKind.MAIL, token)
            if await sql.consume(tx, token_digest, Purpose.RECOGNIZE_BROWSER, now) is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            self.login.succeeded(tx, verified)
            entry = AuditEvent(name=EventName.BROWSER_RECOGNIZED, user_id=current.id, client=first.client)
            audit.record(tx, entry, now)
            return current

        return await self.store.transact(work)

    async def check_reset(self, token: str) -> Refused | None:
        """Return the refusal if a password reset link is no longer valid. Nothing changes."""
        account = await self._owner_of(token, Purpose.RESET_PASSWORD, self.clock.now())
        return Refused(ErrorCode.INVALID_TOKEN) if account is None else None

    async def reset(self, token: str, password: str, first: FirstFactor) -> PasswordReset | Refused:
        """Set a new password with a token that was sent; if two-factor authentication is on, issue a challenge."""
        # Refuse bad passwords before hashing, which is expensive, and before consuming the link: the user can retry.
        account = await self._owner_of(token, Purpose.RESET_PASSWORD, self.clock.now())
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        refused = await self.password_policy.refuse(password, account.email)
        if refused is not None:
            return refused
        password_hash = await self.pool.hash(password)
        now = self.clock.now()

        async def work(tx: Tx) -> PasswordReset | Refused:
            user_id = await sql.consume(tx, digest(TokenKind.MAIL, token), Purpose.RESET_PASSWORD, now)
            before = None if user_id is None else await accounts.load(tx, user_id)
            if before is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            return await self._reset(tx, before, password_hash, first, now)

        return await self.store.transact(work)

    async def _reset(
        self, tx: Tx, before: Account, password_hash: str, first: FirstFactor, now: Millis
    ) -> PasswordReset | Refused:
        # Factors that were set up before the address was verified may be those of an attacker who signed up with another
        # person's address and waits for them (account pre-hijacking).
        reclaims = not before.email_verified and await _has_factors(tx, before)
        change = Change.ACCOUNT_RECLAIMED if reclaims else Change.PASSWORD_RESET
        await accounts.reset_password(tx, before.id, password_hash, now)
        actor = Actor(first.client, None, reset_attempts=False)
        account = await self.events.announce(tx, before.id, change, actor, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        reset_account(tx, account.email, first.client.address)
        if not account.two_factor_enabled:
            return PasswordReset(account, None)
        challenged = await self.sign_in_policy.challenge(tx, account, first, now, recognized=True)
        return PasswordReset(account, challenged)

    async def _owner_of(self, token: str, purpose: Purpose, now: Millis) -> Account | None:
        token_digest = digest(TokenKind.MAIL, token)
        return await self.store.read(lambda tx: sql.load(tx, token_digest, purpose, now))

    async def _mark_verified(
        self, tx: Tx, account: Account, client: ClientInfo, session_id: SessionId | None, now: Millis
    ) -> VerifiedEmail | Refused:
        # The link stays valid until it expires, so a second click reports that the address is verified. It grants nothing.
        await accounts.mark_email_verified(tx, account.id, now)
        verified = AuditEvent(
            name=EventName.EMAIL_VERIFIED, user_id=account.id, client=client, session_id=session_id
        )
        audit.record(tx, verified, now)
        current = await accounts.load(tx, account.id)
        return VerifiedEmail(current, already=False) if current else Refused(ErrorCode.INVALID_TOKEN)


async def _has_factors(tx: Tx, account: Account) -> bool:
    """Tell whether the account has second factors, or passkeys that sign in by themselves."""
    enrolled = await authenticators.load(tx, account.id)
    is_active = any(each.state is AuthenticatorState.ACTIVE for each in enrolled)
    return account.two_factor_enabled or is_active
