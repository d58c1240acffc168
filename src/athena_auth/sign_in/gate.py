"""The gate before a password: pay for the guess, then look at it, and say the same to everybody.

A guess at an address that has no account is paid for, hashed and refused like any other, so that neither the
answer nor its time nor a lock tells which addresses have one.
"""

from athena_auth.accounts.model import Account
from athena_auth.accounts.news import News, news_of_passwords
from athena_auth.accounts.proof import PasswordProof
from athena_auth.accounts.sql import StoredPassword
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.challenge.admission import FirstFactor
from athena_auth.challenge.method import DeviceTrust
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.model import Blocked
from athena_auth.throttle.passwords.budget import PasswordBudget, subjects_of
from athena_auth.throttle.passwords.model import Charged
from athena_auth.throttle.refusal import SIGN_IN_USED_UP, refused_by


class PasswordGate:
    """Lets right passwords through."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        proof: PasswordProof,
        budget: PasswordBudget,
        trust: DeviceTrust,
        news: News,
    ) -> None:
        """Take what it works with."""
        self._store = store
        self._clock = clock
        self._proof = proof
        self._budget = budget
        self._trust = trust
        self._news = news

    async def open(
        self, email: str, password: str, first: FirstFactor
    ) -> tuple[StoredPassword, Charged] | Refused:
        """Return the account that this password opens, and what was charged for it, to be taken back.

        Raises:
            Unavailable: too many passwords wait to be checked; nothing was charged.
        """
        with self._proof.place():
            return await self._open(email, password, first)

    async def _open(
        self, email: str, password: str, first: FirstFactor
    ) -> tuple[StoredPassword, Charged] | Refused:
        now = self._clock.now()
        nearest = await self._proof.nearest(email)
        account = nearest.account if nearest is not None and nearest.account.email == email else None
        device_id = await self._device(account, first)
        is_known = account is not None
        subjects = subjects_of(email, first.client.address, device_id=device_id, is_known=is_known)
        charged = await self._budget.pay(subjects, now)
        if isinstance(charged, Blocked):
            return refused_by(charged, now, SIGN_IN_USED_UP)
        stored = await self._proof.of_email(email, nearest, password)
        if stored is not None:
            return stored, charged
        await self._record_failure(account, first, charged)
        return Refused(ErrorCode.INVALID_EMAIL_OR_PASSWORD)

    def passed(self, tx: Tx, charged: Charged) -> None:
        """Take the charge back, in the transaction that acts on the password."""
        self._budget.succeeded(tx, charged)

    async def _device(self, account: Account | None, first: FirstFactor) -> str | None:
        if account is None or first.trust_token is None:
            return None
        return await self._trust.recognise(self._store, account.id, first.trust_token, self._clock.now())

    async def _record_failure(self, account: Account | None, first: FirstFactor, charged: Charged) -> None:
        now = self._clock.now()
        refused = Entry(
            event=Event.PASSWORD_REFUSED,
            user_id=None if account is None else account.id,
            client=first.client,
            reason=ErrorCode.INVALID_EMAIL_OR_PASSWORD,
        )

        async def work(tx: Tx) -> None:
            self._budget.failed(tx, charged, now)
            audit.record(tx, refused, now)
            kind = news_of_passwords(charged.failures_from_anywhere)
            if account is not None and kind is not None:
                await self._news.tell(tx, account, kind, first.client, now)

        await self._store.transact(work)
