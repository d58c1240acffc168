"""Use cases of account owners: their profile and their sessions."""

from dataclasses import dataclass
from typing import Protocol

import msgspec
from msgspec import UNSET

from athena_auth import enrolment_tokens, retired_tokens
from athena_auth.accounts import sql
from athena_auth.accounts.languages import offered_language
from athena_auth.accounts.model import ProfileChanges, SignedIn, audit_event
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.rules import normalised_name
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import SessionId
from athena_auth.kernel.texts import Text
from athena_auth.languages import Languages
from athena_auth.sessions import rules
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Session
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.passwords.budget import forget_account
from athena_auth.wire.caller import ClientInfo


class Resolver(Protocol):
    """Finds the owner of a session token."""

    async def resolve(
        self, token: str, client: ClientInfo, *, by_cookie: bool = False, extends: bool = True
    ) -> SignedIn | None:
        """Return the owner of a live session, or None. `extends` says whether this use may extend the session."""
        ...


@dataclass(frozen=True, slots=True)
class AccountService:
    """What owners can do with their accounts, apart from second factors."""

    store: Store
    clock: Clock
    step_up: StepUp
    notifications: SecurityNotifications
    languages: Languages
    requires_verified_email: bool
    """Whether sessions of accounts with an unverified address are refused (ATHENA_REQUIRE_VERIFIED_EMAIL)."""
    session_max_age: int | None = None
    """Seconds after which sessions end even in use (ATHENA_SESSION_MAX_AGE)."""

    async def resolve(
        self, token: str, client: ClientInfo, *, by_cookie: bool = False, extends: bool = True
    ) -> SignedIn | None:
        """Return the owner of a live session, or None; extend the session if that is due and `extends`."""
        now = self.clock.now()
        token_digest = digest(TokenKind.SESSION, token)

        async def load(tx: Tx) -> SignedIn | None:
            return await sql.load_signed_in(tx, token, token_digest, client, now, by_cookie=by_cookie)

        signed_in = await self.store.read(load)
        if signed_in is not None and self.requires_verified_email and not signed_in.account.email_verified:
            return None  # a session from before the setting was turned on
        if signed_in is not None and rules.is_over_age(signed_in.session, self.session_max_age, now):
            return None
        if signed_in is None or not extends or not rules.is_due_for_extension(signed_in.session, now):
            return signed_in
        session = signed_in.session
        expires_at = rules.expiry(session.created_at, session.lifetime, self.session_max_age, now)
        if not await sessions.extend(self.store, session, expires_at, now):
            return signed_in
        extended = msgspec.structs.replace(session, updated_at=now, expires_at=expires_at)
        return msgspec.structs.replace(signed_in, session=extended, was_extended=True)

    async def was_just_replaced(self, token: str) -> bool:
        """Tell whether a session token, which is no longer valid, was just rotated by a concurrent request."""
        now = self.clock.now()
        token_digest = digest(TokenKind.SESSION, token)
        retired = await self.store.read(lambda tx: retired_tokens.load(tx, token_digest, now))
        return retired is not None

    async def update_profile(self, signed_in: SignedIn, changes: ProfileChanges) -> Refused | None:
        """Change the name, the image or the language."""
        now = self.clock.now()
        new_name = changes.name if changes.name is UNSET else normalised_name(changes.name)
        if new_name is None:
            return Refused(ErrorCode.VALIDATION_ERROR, Text("The name is empty. Enter a name."))
        language = UNSET if changes.language is UNSET else offered_language(self.languages, changes.language)
        if isinstance(language, Refused):
            return language
        normalised = ProfileChanges(new_name, changes.image, language)

        async def work(tx: Tx) -> bool:
            return await sql.update_profile(tx, signed_in.account.id, now, normalised)

        return None if await self.store.transact(work) else Refused(ErrorCode.UNAUTHORIZED)

    async def delete(self, signed_in: SignedIn, offered: StepUpCredentials) -> Authorized[None] | Refused:
        """Delete the account and all its data. This takes the password, or a recently verified factor."""
        account = signed_in.account
        is_fresh_enough = account.two_factor_enabled or rules.is_fresh(signed_in.session, self.clock.now())
        # For accounts without two-factor authentication; for the others the policy requires a second factor.
        if offered.password is None and not is_fresh_enough:
            return Refused(ErrorCode.SESSION_EXPIRED)

        async def work(tx: Tx, current: SignedIn) -> Refused | None:
            if not await sql.delete(tx, current.account.id):
                return Refused(ErrorCode.UNAUTHORIZED)
            forget_account(tx, current.account.email)
            self._record(tx, signed_in, EventName.DELETED)
            self.notifications.notify_deleted(tx, current.account, signed_in.client, self.clock.now())
            return None

        return await self.step_up.act(Action.DELETE_ACCOUNT, signed_in, offered, work)

    async def sessions_of(self, signed_in: SignedIn) -> list[Session]:
        """Return the account's live sessions, newest first."""
        now = self.clock.now()

        async def work(tx: Tx) -> list[Session]:
            return await sessions.all_live(tx, signed_in.account.id, now)

        return await self.store.read(work)

    async def sign_out(self, signed_in: SignedIn) -> None:
        """End this session."""

        async def work(tx: Tx) -> None:
            sessions.end_token(tx, digest(TokenKind.SESSION, signed_in.token))
            self._record(tx, signed_in, EventName.SIGNED_OUT)

        await self.store.transact(work)

    async def end_enrolment_token(self, token: str) -> None:
        """End a sign-in that can only enrol a second factor."""
        await enrolment_tokens.end(self.store, token)

    async def revoke(
        self, signed_in: SignedIn, token_or_id: str, offered: StepUpCredentials
    ) -> Authorized[None] | Refused:
        """End one session of this account, named by its id or by its token."""
        user_id = signed_in.account.id

        async def work(tx: Tx, _current: SignedIn) -> Refused | None:
            # Sessions of other accounts are never found, even if their id is known.
            ended = await sessions.end(tx, user_id, SessionId(token_or_id)) or await sessions.end_of_owner(
                tx, user_id, digest(TokenKind.SESSION, token_or_id)
            )
            if not ended:
                return Refused(ErrorCode.SESSION_NOT_FOUND)
            self._record(tx, signed_in, EventName.SESSION_REVOKED)
            return None

        # Ending one's own session is signing out, which needs no step-up.
        own = token_or_id in {signed_in.session.id, signed_in.token}
        action = Action.SIGN_OUT if own else Action.REVOKE_SESSION
        return await self.step_up.act(action, signed_in, offered, work)

    async def revoke_all(
        self, signed_in: SignedIn, offered: StepUpCredentials, *, keep_this_one: bool
    ) -> Authorized[None] | Refused:
        """End all sessions of the account, or all except this one."""
        keep = signed_in.session.id if keep_this_one else None

        async def work(tx: Tx, _current: SignedIn) -> None:
            await sessions.end_others(tx, signed_in.account.id, keep)
            self._record(tx, signed_in, EventName.SESSION_REVOKED)

        action = Action.REVOKE_OTHER_SESSIONS if keep_this_one else Action.REVOKE_SESSIONS
        return await self.step_up.act(action, signed_in, offered, work)

    def _record(self, tx: Tx, signed_in: SignedIn, event: EventName) -> None:
        audit.record(tx, audit_event(signed_in, event), self.clock.now())
