"""Use cases of a change of address.

The address is where a new password is requested, so an attacker who moves it takes the account over. A change therefore needs a
fresh proof, works only in a session of the account, is reported to the old address, and can be undone from there for
seven days, whatever else was changed in the meantime.

A request reveals nothing about the new address. It stores the same rows and sends two mails in either case; if the address
has an account, its owner gets the mail without a link, and the link is never sent.
"""

import secrets
from dataclasses import dataclass
from typing import Protocol

import msgspec

from athena_auth.accounts import rules
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.hashing import HashingPool
from athena_auth.accounts.model import Account, SignedIn, audit_event
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials, refuse_stale
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.model import MessageKind
from athena_auth.email_change import sql
from athena_auth.email_change.links import EmailChangeLinks
from athena_auth.email_change.sql import UNDO_LIFETIME, VERIFY_LIFETIME, EmailChange
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import Change
from athena_auth.sessions import sql as sessions
from athena_auth.store.transaction import Store, Tx, UniqueViolation
from athena_auth.throttle.passwords.budget import reset_account
from athena_auth.throttle.sends import budget as sends
from athena_auth.throttle.sends.budget import SendKind
from athena_auth.wire.caller import ClientInfo

_SAME = Text("This is the email address of your account already. Enter another one.")
_NEEDS_SESSION = Text("Sign in to the account that this link belongs to, then open the link again.")
_TAKEN = Refused(ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)


class ResetLinks(Protocol):
    """Sends the links that set a new password."""

    def post_reset(self, tx: Tx, account: Account) -> None:
        """Put a link to this server's own page into the outbox, in the caller's transaction. It is not counted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeService:
    """Requests, completes and undoes changes of address."""

    store: Store
    clock: Clock
    pool: HashingPool
    step_up: StepUp
    events: CredentialEvents
    notifications: SecurityNotifications
    links: EmailChangeLinks
    resets: ResetLinks

    async def request(
        self, signed_in: SignedIn, offered: StepUpCredentials, typed: str, callback: str | None
    ) -> Authorized[None] | Refused:
        """Send a link to the new address. `callback` is the page that it then leads to; it has been checked.

        Without a password it takes a sign-in in the last ten minutes, or a second factor.
        """
        account = signed_in.account
        address = rules.normalised_email(typed)
        if address is None:
            return Refused(ErrorCode.INVALID_EMAIL)
        if address == account.email:
            return Refused(ErrorCode.VALIDATION_ERROR, _SAME)
        stale = refuse_stale(self.step_up, Action.CHANGE_EMAIL, signed_in, offered, self.clock.now())
        if stale is not None:
            return stale

        async def work(tx: Tx, current: SignedIn) -> Refused | None:
            return await self._request(tx, current, address, callback)

        return await self.step_up.act(Action.CHANGE_EMAIL, signed_in, offered, work)

    async def _request(
        self, tx: Tx, signed_in: SignedIn, address: str, callback: str | None
    ) -> Refused | None:
        account, client, now = signed_in.account, signed_in.client, self.clock.now()
        refused = await sends.consume(tx, account.id, SendKind.CHANGE_EMAIL, client.address, now)
        if refused is not None:
            return refused
        holder = await sql.load_holder(tx, address, account.id, now)
        # One statement in either case, so that neither the time nor the load reveals which it is.
        may_notify = await sends.consume_email_in_use(tx, account.id if holder is None else holder.id, now)
        token = new_token(TokenKind.MAIL)
        change = EmailChange(account.id, _reserved(account), address, is_done=False, created_at=now)
        await sql.replace_pending(
            tx, digest(TokenKind.MAIL, token), change, expires_at=after(now, VERIFY_LIFETIME)
        )
        audit.record(tx, audit_event(signed_in, EventName.EMAIL_CHANGE_ASKED), now)
        # The new address may be a stranger's: the mail to it has no name, which could be an advertisement.
        recipient = _at(holder or account, address, is_owners=False)
        if holder is None:
            link = self.links.verification(token, callback)
            self.notifications.notify_with_link(
                tx, recipient, MessageKind.EMAIL_CHANGE, client, now, link, VERIFY_LIFETIME
            )
        elif may_notify:
            self.notifications.notify_at(tx, recipient, MessageKind.EMAIL_IN_USE, client, now)
        await self.notifications.notify(tx, account, MessageKind.EMAIL_CHANGE_ASKED, client, now)
        return None

    async def verify(self, token: str, signed_in: SignedIn | None, client: ClientInfo) -> Account | Refused:
        """Complete a change with the token that was sent to the new address, in a session of its account.

        Without such a session nothing changes: mail scanners follow links too, and a stranger who gets the link of a
        mistyped address must not receive the account.
        """
        now, verify_digest = self.clock.now(), digest(TokenKind.MAIL, token)
        change = await self.store.read(lambda tx: sql.load(tx, verify_digest, now))
        if change is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        if signed_in is None or signed_in.account.id != change.user_id:
            return Refused(ErrorCode.UNAUTHORIZED, _NEEDS_SESSION)
        if change.is_done:
            # A second click. The address may have been changed again since; this link grants nothing.
            return signed_in.account

        async def work(tx: Tx) -> Account | Refused:
            return await self._complete(tx, verify_digest, signed_in, client, now)

        try:
            return await self.store.transact(work)
        except UniqueViolation:
            return _TAKEN

    async def _complete(
        self, tx: Tx, verify_digest: bytes, signed_in: SignedIn, client: ClientInfo, now: Millis
    ) -> Account | Refused:
        session = await sessions.lock_live(tx, digest(TokenKind.SESSION, signed_in.token), now)
        if session is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        before = await accounts.lock(tx, signed_in.account.id)
        undo = new_token(TokenKind.MAIL)
        change = await sql.consume(
            tx, verify_digest, digest(TokenKind.MAIL, undo), now=now, expires_at=after(now, UNDO_LIFETIME)
        )
        # An address that was verified since the request is an owner's: without its reservation they could not undo this.
        if before is None or change is None or change.old_email != _reserved(before):
            return Refused(ErrorCode.INVALID_TOKEN)
        await sql.change_email(tx, change.user_id, change.new_email, now)
        actor = Actor(client, session.id, reset_attempts=False)
        account = await self.events.announce(tx, change.user_id, Change.EMAIL_CHANGED, actor, now)
        if account is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        # Failed attempts at the address before it had this account must not block its owner.
        reset_account(tx, account.email, client.address)
        if change.old_email is not None:
            recipient = _at(account, change.old_email)
            link = self.links.undo(undo)
            self.notifications.notify_with_link(
                tx, recipient, MessageKind.EMAIL_CHANGED, client, now, link, UNDO_LIFETIME
            )
        return account

    async def undo(self, token: str, client: ClientInfo) -> Refused | None:
        """Restore the old address with the token that was sent to it, and end what an attacker may have.

        The password no longer works, since the attacker may know it or have set it; a link that sets a new one is
        mailed to the restored address. Two-factor authentication stays on: a mailbox alone must never turn it off. But
        passkeys go (`authenticators.credentials_changed`), since each signs in by itself.
        """
        now, undo_digest = self.clock.now(), digest(TokenKind.MAIL, token)
        # Before a password is hashed, which is expensive.
        if await self.store.read(lambda tx: sql.load_undo(tx, undo_digest, now)) is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        unknown_password = await self.pool.hash(secrets.token_urlsafe(32))

        async def work(tx: Tx) -> Refused | None:
            change = await sql.consume_undo(tx, undo_digest, now)
            if change is None or change.old_email is None:
                return Refused(ErrorCode.INVALID_TOKEN)
            await accounts.set_password(tx, change.user_id, unknown_password, now)
            await sql.change_email(tx, change.user_id, change.old_email, now)
            return await self._end_all(tx, change, client, now)

        try:
            return await self.store.transact(work)
        except UniqueViolation:
            return _TAKEN

    async def _end_all(self, tx: Tx, change: EmailChange, client: ClientInfo, now: Millis) -> Refused | None:
        actor = Actor(client, None, reset_attempts=False)
        account = await self.events.announce(tx, change.user_id, Change.EMAIL_RESTORED, actor, now)
        if account is None:
            return Refused(ErrorCode.INVALID_TOKEN)
        # Later changes were the attacker's: the link that undoes one of them would give them the account again.
        await sql.drop_since(tx, change.user_id, change.created_at)
        reset_account(tx, account.email, client.address)
        for address in (account.email, change.new_email):
            self.notifications.notify_at(tx, _at(account, address), MessageKind.EMAIL_RESTORED, client, now)
        self.resets.post_reset(tx, account)
        return None


def _reserved(account: Account) -> str | None:
    """Return the address that is to be reserved; None if it is not verified, and may be a stranger's."""
    return account.email if account.email_verified else None


def _at(account: Account, address: str, *, is_owners: bool = True) -> Account:
    """Return the account as the recipient of a mail to another address."""
    verified = account.email_verified and is_owners
    return msgspec.structs.replace(account, email=address, email_verified=verified)
