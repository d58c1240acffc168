"""What links are good for: verifying an address, and setting a new password.

A reset proves that somebody reads the owner's mail, which is one factor. So it ends in a challenge where a
second one is on, never in a session (I1); it ends everything that hung on the old password (I5); it gives no
guesses at the second factor back; and codes by mail stop standing in for an authenticator app until something
other than the mailbox has been proven.
"""

from athena_auth.accounts import rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.challenge.admission import Admission, FirstFactor
from athena_auth.challenge.credentials import Actor, CredentialEvents
from athena_auth.challenge.model import Challenged, Change
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.recovery import sql
from athena_auth.recovery.model import Purpose
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import clear_account
from athena_auth.wire.caller import ClientInfo


class RecoveryService:
    """Honours links, each once."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        pool: HashingPool,
        events: CredentialEvents,
        admission: Admission,
    ) -> None:
        """Take what it works with."""
        self._store = store
        self._clock = clock
        self._pool = pool
        self._events = events
        self._admission = admission

    async def verify(self, token: str, client: ClientInfo) -> Account | Refused:
        """Verify an address by the token that was sent there. It signs nobody in."""
        now = self._clock.now()

        async def work(tx: Tx) -> Account | Refused:
            user_id = await sql.spend(tx, digest(TokenKind.MAIL, token), Purpose.VERIFY_EMAIL, now)
            if user_id is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            await accounts.mark_email_verified(tx, user_id, now)
            audit.record(tx, Entry(event=Event.EMAIL_VERIFIED, user_id=user_id, client=client), now)
            account = await accounts.load(tx, user_id)
            return account or Refused(ErrorCode.INVALID_TOKEN)

        return await self._store.transact(work)

    async def reset(self, token: str, password: str, first: FirstFactor) -> Challenged | Refused | None:
        """Set a new password by the token that was sent; a challenge follows where a second factor is on."""
        token_digest = digest(TokenKind.MAIL, token)
        refused = await self._refuse_early(token_digest, password)
        if refused is not None:
            return refused
        password_hash = await self._pool.hash(password)
        now = self._clock.now()

        async def work(tx: Tx) -> Challenged | Refused | None:
            user_id = await sql.spend(tx, token_digest, Purpose.RESET_PASSWORD, now)
            if user_id is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            await accounts.reset_password(tx, user_id, password_hash)
            actor = Actor(first.client, None, gets_guesses_back=False)
            account = await self._events.announce(tx, user_id, Change.PASSWORD_RESET, actor, now)
            if account is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            clear_account(tx, account.email, first.client.address)
            if not account.two_factor_enabled:
                return None
            return await self._admission.challenge(tx, account, first, now)

        return await self._store.transact(work)

    async def _refuse_early(self, token_digest: bytes, password: str) -> Refused | None:
        """Refuse before anything is hashed, which is dear, or used up: a password that will not do can be retyped."""
        now = self._clock.now()

        async def load(tx: Tx) -> Account | None:
            return await sql.load(tx, token_digest, Purpose.RESET_PASSWORD, now)

        account = await self._store.read(load)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        return rules.refuse_password(password, account.email)
