"""Use cases of an account's owner: their profile and their sessions."""

from typing import Protocol

import msgspec
from msgspec import UNSET, UnsetType

from athena_auth.accounts import sql
from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.rules import normalised_name
from athena_auth.accounts.step_up import Action, Authorized, Offered, StepUp
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.retired_tokens import sql as retired_tokens
from athena_auth.sessions import rules
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Session
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import forget_account
from athena_auth.wire.caller import ClientInfo


class Resolver(Protocol):
    """Finds out who a session token belongs to."""

    async def resolve(
        self, token: str, client: ClientInfo, *, by_cookie: bool = False, extends: bool = True
    ) -> SignedIn | None:
        """Return the owner of a live session, or None; with `slides` this use of it moves its expiry on."""
        ...


class AccountService:
    """What an account's owner can do with it, factors apart."""

    def __init__(
        self, store: Store, clock: Clock, step_up: StepUp, notifications: SecurityNotifications
    ) -> None:
        self._store = store
        self._clock = clock
        self._step_up = step_up
        self._notifications = notifications

    async def resolve(
        self, token: str, client: ClientInfo, *, by_cookie: bool = False, extends: bool = True
    ) -> SignedIn | None:
        """Return the owner of a live session, and move its expiry on when that is due and wanted."""
        now = self._clock.now()
        token_digest = digest(TokenKind.SESSION, token)

        async def load(tx: Tx) -> SignedIn | None:
            return await sql.load_signed_in(tx, token, token_digest, client, now, by_cookie=by_cookie)

        signed_in = await self._store.read(load)
        if signed_in is None or not extends or not rules.is_due_for_extension(signed_in.session, now):
            return signed_in
        session = signed_in.session
        if not await sessions.extend(self._store, session, now):
            return signed_in
        moved = msgspec.structs.replace(session, updated_at=now, expires_at=now + session.lifetime)
        return msgspec.structs.replace(signed_in, session=moved, was_extended=True)

    async def was_just_replaced(self, token: str) -> bool:
        """Tell whether a session token, which opens nothing, was replaced a moment ago by a concurrent request."""
        now = self._clock.now()
        token_digest = digest(TokenKind.SESSION, token)
        retired = await self._store.read(lambda tx: retired_tokens.load(tx, token_digest, now))
        return retired is not None

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

    async def delete(self, signed_in: SignedIn, offered: Offered) -> Authorized[None] | Refused:
        """Delete the account and all that belongs to it; by password, or right after a factor was verified."""
        account = signed_in.account
        is_fresh_enough = account.two_factor_enabled or rules.is_fresh(signed_in.session, self._clock.now())
        # With two-factor authentication on, the policy asks for the second factor; this is for accounts without.
        if offered.password is None and not is_fresh_enough:
            return Refused(ErrorCode.SESSION_EXPIRED)

        async def work(tx: Tx, current: SignedIn) -> Refused | None:
            if not await sql.delete(tx, current.account.id):
                return Refused(ErrorCode.UNAUTHORIZED)
            forget_account(tx, current.account.email)
            self._record(tx, signed_in, EventName.DELETED)
            self._notifications.notify_deleted(tx, current.account, signed_in.client, self._clock.now())
            return None

        return await self._step_up.act(Action.DELETE_ACCOUNT, signed_in, offered, work)

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
            self._record(tx, signed_in, EventName.SIGNED_OUT)

        await self._store.transact(work)

    async def revoke(
        self, signed_in: SignedIn, token_or_id: str, offered: Offered
    ) -> Authorized[None] | Refused:
        """End one session of this account, named by its id or by its token."""
        user_id = signed_in.account.id

        async def work(tx: Tx, _current: SignedIn) -> Refused | None:
            # A session of another account is not found, whether its id is known or guessed.
            ended = await sessions.end(tx, user_id, SessionId(token_or_id)) or await sessions.end_of_owner(
                tx, user_id, digest(TokenKind.SESSION, token_or_id)
            )
            if not ended:
                return Refused(ErrorCode.SESSION_NOT_FOUND)
            self._record(tx, signed_in, EventName.SESSION_REVOKED)
            return None

        # Ending the session that asks is signing out: it takes nothing from anyone else.
        own = token_or_id in {signed_in.session.id, signed_in.token}
        action = Action.SIGN_OUT if own else Action.REVOKE_SESSION
        return await self._step_up.act(action, signed_in, offered, work)

    async def revoke_all(
        self, signed_in: SignedIn, offered: Offered, *, keep_this_one: bool
    ) -> Authorized[None] | Refused:
        """End the account's sessions: all, or all others."""
        keep = signed_in.session.id if keep_this_one else None

        async def work(tx: Tx, _current: SignedIn) -> None:
            await sessions.end_others(tx, signed_in.account.id, keep)
            self._record(tx, signed_in, EventName.SESSION_REVOKED)

        action = Action.REVOKE_OTHER_SESSIONS if keep_this_one else Action.REVOKE_SESSIONS
        return await self._step_up.act(action, signed_in, offered, work)

    def _record(self, tx: Tx, signed_in: SignedIn, event: EventName) -> None:
        audit.record(tx, audit_event(signed_in, event), self._clock.now())
