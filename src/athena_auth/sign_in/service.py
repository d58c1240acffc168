"""Use cases of the first factor."""

import contextlib
from dataclasses import dataclass

import msgspec

from athena_auth.accounts import rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.creation import new_account
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.password_verifier import PasswordVerifier
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.mfa.model import ChallengeIssued
from athena_auth.mfa.password_login import PasswordLogin
from athena_auth.mfa.sign_in_policy import FirstFactor, SessionIssued, SignInPolicy
from athena_auth.store.transaction import Store, Tx, UniqueViolation
from athena_auth.throttle.passwords.budget import reset_account


class Registration(msgspec.Struct, frozen=True):
    """The input of a sign-up."""

    name: str
    email: str
    password: str
    image: str | None

    def __repr__(self) -> str:
        return "Registration(…)"


class Credentials(msgspec.Struct, frozen=True):
    """An address and a password."""

    email: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInService:
    """Verifies the first factor; `SignInPolicy` decides what follows."""

    store: Store
    clock: Clock
    passwords: PasswordVerifier
    login: PasswordLogin
    pool: HashingPool
    sign_in_policy: SignInPolicy

    async def sign_up(self, registration: Registration, first: FirstFactor) -> SessionIssued | Refused:
        """Create an account and sign its owner in."""
        now = self.clock.now()
        account = new_account(registration.email, registration.name, registration.image, now)
        if isinstance(account, Refused):
            return account
        refused = rules.refuse_password(registration.password, account.email)
        if refused is not None:
            return refused
        password_hash = await self.pool.hash(registration.password)

        async def work(tx: Tx) -> SessionIssued:
            await accounts.insert(tx, account, password_hash)
            created = AuditEvent(name=EventName.SIGNED_UP, user_id=account.id, client=first.client)
            audit.record(tx, created, now)
            # Failed attempts at the address before it had an account must not block its owner.
            reset_account(tx, account.email, first.client.address)
            issued = await self.sign_in_policy.complete_first_factor(tx, account, first, now)
            if isinstance(issued, ChallengeIssued):
                raise RuntimeError(  # noqa: TRY004 - a fault of ours, not an argument of a wrong type
                    "A new account has no second factor, and was asked for one."
                )
            return issued

        try:
            return await self.store.transact(work)
        except UniqueViolation:
            return Refused(ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)

    async def sign_in(
        self, credentials: Credentials, first: FirstFactor
    ) -> SessionIssued | ChallengeIssued | Refused:
        """Verify a password. An unknown address has the same response, in the same time, as a wrong password."""
        email = rules.normalised_email(credentials.email)
        if email is None:
            return Refused(ErrorCode.INVALID_EMAIL)
        verified = await self.login.verify(email, credentials.password, first)
        if isinstance(verified, Refused):
            return verified
        stored = verified.stored
        new_hash = None
        with contextlib.suppress(Unavailable):  # rehashing can wait until the next sign-in
            new_hash = await self.passwords.rehashed(stored, credentials.password)
        now = self.clock.now()

        async def work(tx: Tx) -> SessionIssued | ChallengeIssued | Refused:
            # The password was verified outside this transaction: it may have been changed in the meantime.
            account = await accounts.lock_if_current(tx, stored.version)
            if account is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            self.login.succeeded(tx, verified)
            if new_hash is not None:
                accounts.rehash_password(tx, account.id, new_hash)
            return await self.sign_in_policy.complete_first_factor(
                tx, account, first, now, recognized=verified.recognized
            )

        return await self.store.transact(work)
