"""Signing in with a password."""

import contextlib
from dataclasses import dataclass

import msgspec

from athena_auth.accounts import rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.breaches.notifier import BreachNotifier
from athena_auth.accounts.model import Account
from athena_auth.accounts.password_verifier import PasswordVerifier
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.mfa.model import ChallengeIssued, EnrolmentIssued
from athena_auth.mfa.password_login import PasswordLogin
from athena_auth.mfa.sign_in_policy import FirstFactor, SessionIssued, SignInPolicy
from athena_auth.sign_in.model import VerificationLinks
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.sends import budget as sends
from athena_auth.throttle.sends.budget import SendKind


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
    sign_in_policy: SignInPolicy
    links: VerificationLinks
    breaches: BreachNotifier

    async def sign_in(
        self, credentials: Credentials, first: FirstFactor
    ) -> SessionIssued | ChallengeIssued | EnrolmentIssued | Refused:
        """Verify a password. An unknown address has the same response, in the same time, as a wrong password.

        If verified addresses are required and this one is not, the owner is sent another link.
        """
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

        async def work(tx: Tx) -> SessionIssued | ChallengeIssued | EnrolmentIssued | Refused:
            # The password was verified outside this transaction: it may have been changed in the meantime.
            account = await accounts.lock_if_current(tx, stored.version)
            if account is None:
                return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)
            self.login.succeeded(tx, verified)
            if new_hash is not None:
                accounts.rehash_password(tx, account.id, new_hash)
            outcome = await self.sign_in_policy.complete_first_factor(
                tx, account, first, now, recognized=verified.recognized
            )
            if isinstance(outcome, Refused):
                await self._send_link(tx, account, first, now)
            return outcome

        outcome = await self.store.transact(work)
        if not isinstance(outcome, Refused):
            self.breaches.check_soon(stored.account, credentials.password, first.client)
        return outcome

    async def _send_link(self, tx: Tx, account: Account, first: FirstFactor, now: Millis) -> None:
        """Send another verification link: the first one may have been lost, or have expired."""
        if await sends.consume(tx, account.id, SendKind.VERIFY, first.client.address, now) is None:
            self.links.post_verification(tx, account, first.callback_url)
