"""Use cases of somebody signed in: her profile and her sessions."""

from typing import Protocol

import msgspec
from msgspec import UNSET, UnsetType

from athena_auth.accounts import sql
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.proof import PasswordProof
from athena_auth.accounts.rules import normalised_name
from athena_auth.accounts.trail import entry_of
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Event
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions import rules
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Session
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import forget_account
from athena_auth.wire.caller import ClientInfo


class Resolver(Protocol):
    """Finds out who a session token belongs to."""

    async def resolve(self, token: str, client: ClientInfo, *, slides: bool = True) -> SignedIn | None:
        """Return the owner of a live session, or None; with `slides` this use of it moves its expiry on."""
        ...


class AccountService:
    """What an account's owner can do with it, factors apart."""

    def __init__(self, store: Store, clock: Clock, proof: PasswordProof) -> None:
        """Take the database, the clock and the way passwords are proven."""
        self._store = store
        self._clock = clock
        self._proof = proof

    async def resolve(self, token: str, client: ClientInfo, *, slides: bool = True) -> SignedIn | None:
        """Return the owner of a live session, and move its expiry on when that is due and wanted."""
        now = self._clock.now()
        token_digest = digest(TokenKind.SESSION, token)

        async def load(tx: Tx) -> SignedIn | None:
            return await sql.load_signed_in(tx, token, token_digest, client, now)

        signed_in = await self._store.read(load)
        if signed_in is None or not slides or not rules.is_due_to_slide(signed_in.session, now):
            return signed_in
        session = signed_in.session
        if not await sessions.slide(self._store, session, now):
            return signed_in
        moved = msgspec.structs.replace(session, updated_at=now, expires_at=now + session.lifetime)
        return msgspec.structs.replace(signed_in, session=moved, slid=True)

    async def update_profile(
        self, signed_in: SignedIn, *, name: str | UnsetType = UNSET, image: str | UnsetType | None = UNSET
    ) -> Refused | None:
        """Change the name or the image; what is UNSET stays."""
        now = self._clock.now()
        new_name = None if name is UNSET else normalised_name(name)
        if name is not UNSET and new_name is None:
            return Refused(ErrorCode.VALIDATION_ERROR, "The name must not be empty.")

        async def work(tx: Tx) -> bool:
            return await sql.update_profile(
                tx,
                signed_in.account.id,
                now,
                name=new_name,
                image=None if image is UNSET else image,
                set_image=image is not UNSET,
            )

        return None if await self._store.transact(work) else Refused(ErrorCode.UNAUTHORIZED)

    async def delete(self, signed_in: SignedIn, password: str | None) -> Refused | None:
        """Delete the account and all that is hers; by password, or right after proving a factor."""
        user_id = signed_in.account.id

        async def work(tx: Tx) -> Refused | None:
            deleted = await sql.delete(tx, user_id)
            if deleted:
                forget_account(tx, signed_in.account.email)
                self._record(tx, signed_in, Event.DELETED)
            return None if deleted else Refused(ErrorCode.UNAUTHORIZED)

        if password is not None:
            return await self._proof.act(signed_in, password, lambda tx, _account: work(tx))
        if not rules.is_fresh(signed_in.session, self._clock.now()):
            return Refused(ErrorCode.INVALID_PASSWORD, "Enter your password to delete the account.")
        return await self._store.transact(work)

    async def sessions_of(self, signed_in: SignedIn) -> list[Session]:
        """Return the account's live sessions, newest first."""
        now = self._clock.now()

        async def work(tx: Tx) -> list[Session]:
            return await sessions.all_live(tx, signed_in.account.id, now)

        return await self._store.read(work)

    async def sign_out(self, signed_in: SignedIn) -> None:
        """End this session."""

        async def work(tx: Tx) -> None:
            sessions.end_token(tx, digest(TokenKind.SESSION, signed_in.token))
            self._record(tx, signed_in, Event.SIGNED_OUT)

        await self._store.transact(work)

    async def revoke(self, signed_in: SignedIn, token_or_id: str) -> Refused | None:
        """End one session of this account, named by its id or by its token."""
        user_id = signed_in.account.id

        async def work(tx: Tx) -> bool:
            # A session of somebody else is not found, whether its id is known or guessed.
            ended = await sessions.end(tx, user_id, SessionId(token_or_id)) or await sessions.end_of_owner(
                tx, user_id, digest(TokenKind.SESSION, token_or_id)
            )
            if ended:
                self._record(tx, signed_in, Event.SESSION_REVOKED)
            return ended

        return None if await self._store.transact(work) else Refused(ErrorCode.SESSION_NOT_FOUND)

    async def revoke_all(self, signed_in: SignedIn, *, keep_this_one: bool) -> None:
        """End the account's sessions: all, or all others."""
        keep = signed_in.session.id if keep_this_one else None

        async def work(tx: Tx) -> None:
            await sessions.end_others(tx, signed_in.account.id, keep)
            self._record(tx, signed_in, Event.SESSION_REVOKED)

        await self._store.transact(work)

    def _record(self, tx: Tx, signed_in: SignedIn, event: Event) -> None:
        audit.record(tx, entry_of(signed_in, event), self._clock.now())
