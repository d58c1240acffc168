"""Verifying a password at sign-in: count the attempt, verify, and treat all addresses alike.

An attempt at an address without an account is counted, hashed and refused like any other. So neither the response nor
its time nor a block reveals which addresses have accounts. Attempts from recognized browsers and trusted devices are
counted separately (`throttle.model.AttemptKind`).
"""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications, begins_episode, password_notification
from athena_auth.accounts.password_verifier import PasswordVerifier
from athena_auth.accounts.sql import StoredPassword
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.device_trust import DeviceTrust
from athena_auth.mfa.recognized_browsers import RecognizedBrowsers
from athena_auth.mfa.sign_in_policy import FirstFactor
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle import attempts
from athena_auth.throttle.attempts import SIGN_IN_USED_UP, refused_by
from athena_auth.throttle.passwords.budget import PasswordBudget, throttle_keys
from athena_auth.throttle.passwords.sql import Consumption
from athena_auth.throttle.rules import MAX_BY_STRANGERS
from athena_auth.throttle.sql import Allowed, AttemptKind, Throttled


class VerifiedPassword(msgspec.Struct, frozen=True):
    """The password was correct."""

    stored: StoredPassword
    consumption: Consumption | Allowed
    """The attempt that was counted; `PasswordLogin.succeeded` resets it."""
    recognized: bool
    """Whether the browser is recognized or trusted by this account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLogin:
    """Verifies email addresses and passwords."""

    store: Store
    clock: Clock
    passwords: PasswordVerifier
    budget: PasswordBudget
    trust: DeviceTrust
    browsers: RecognizedBrowsers
    notifications: SecurityNotifications

    async def verify(
        self, email: str, password: str, first: FirstFactor, *, vouched: bool = False
    ) -> VerifiedPassword | Refused:
        """Verify the password and return its account.

        `vouched` counts the attempt with those of recognized browsers: the caller has verified a token from an email
        to this account.

        Raises:
            Unavailable: too many passwords are waiting to be verified; nothing was counted.
        """
        with self.passwords.slot():
            return await self._verify(email, password, first, vouched=vouched)

    async def _verify(
        self, email: str, password: str, first: FirstFactor, *, vouched: bool
    ) -> VerifiedPassword | Refused:
        now = self.clock.now()
        nearest = await self.passwords.nearest(email)
        account = nearest.account if nearest is not None and nearest.account.email == email else None
        recognized = account is not None and (vouched or await self._is_recognized(account, first, now))
        consumption = await self._count(email, account, first, now, recognized=recognized)
        if isinstance(consumption, Throttled):
            return refused_by(consumption, now, SIGN_IN_USED_UP)
        stored = await self.passwords.verify_by_email(email, nearest, password)
        if stored is not None:
            return VerifiedPassword(stored, consumption, recognized)
        await self._record_failure(account, first, consumption)
        return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)

    def succeeded(self, tx: Tx, verified: VerifiedPassword) -> None:
        """Reset the failed attempts, in the transaction that uses the correct password."""
        if isinstance(verified.consumption, Allowed):
            attempts.reset(tx, verified.stored.account.id, AttemptKind.RECOGNIZED_PASSWORD)
        else:
            self.budget.succeeded(tx, verified.consumption)

    async def _is_recognized(self, account: Account, first: FirstFactor, now: Millis) -> bool:
        if self.browsers.is_recognized(account, first.browser_token, now):
            return True
        token = first.trust_token
        return token is not None and await self.trust.recognizes(self.store, account.id, token, now)

    async def _count(
        self, email: str, account: Account | None, first: FirstFactor, now: Millis, *, recognized: bool
    ) -> Consumption | Allowed | Throttled:
        if account is not None and recognized:
            return await attempts.consume(self.store, account.id, AttemptKind.RECOGNIZED_PASSWORD, now)
        keys = throttle_keys(email, first.client.address, is_known=account is not None)
        return await self.budget.consume(keys, now)

    async def _record_failure(
        self, account: Account | None, first: FirstFactor, consumption: Consumption | Allowed
    ) -> None:
        now = self.clock.now()
        refused = AuditEvent(
            name=EventName.PASSWORD_REFUSED,
            user_id=None if account is None else account.id,
            client=first.client,
            reason=ErrorCode.INVALID_EMAIL_OR_PASSWORD,
        )

        async def work(tx: Tx) -> None:
            kind = None
            if account is not None:
                kind = await _notification(tx, account.id, consumption, now)
            if isinstance(consumption, Consumption):
                self.budget.failed(tx, consumption, now, warned=kind is not None)
            elif account is not None:
                kind_of_attempts = AttemptKind.RECOGNIZED_PASSWORD
                attempts.record_failure(
                    tx, account.id, kind_of_attempts, consumption, now, warned=kind is not None
                )
            audit.record(tx, refused, now)
            if account is not None and kind is not None:
                await self.notifications.notify(tx, account, kind, first.client, now)

        await self.store.transact(work)


async def _notification(
    tx: Tx, user_id: UserId, consumption: Consumption | Allowed, now: Millis
) -> MessageKind | None:
    """Return the notification that this failure causes, if any."""
    if isinstance(consumption, Consumption):
        failures, limit = consumption.failures_from_anywhere, MAX_BY_STRANGERS
    else:
        failures, limit = consumption.failures, AttemptKind.RECOGNIZED_PASSWORD.limit
    is_new = await begins_episode(tx, user_id, consumption.warned_at, now)
    return password_notification(failures, limit, is_new=is_new)
