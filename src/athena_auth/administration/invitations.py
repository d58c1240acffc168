"""Inviting people to sign up: from the host's code in the same process, or from the command line."""

from dataclasses import dataclass

from athena_auth import invites
from athena_auth.accounts import creation, rules
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Clock, Millis, after
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.settings.values import SignUp
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.redirects import RedirectPolicy, with_parameters

_DAY = 86_400
_UNTRUSTED_PAGE = (
    "The token of an invitation may not be sent to this page. Use a page of this site or of a trusted origin."
)
_NO_PAGE = "This server has no sign-up page of its own. Name the page that the invitation leads to."
_CLOSED = "Sign-up is closed, so an invitation could not be used. Set ATHENA_SIGN_UP to invite or open."


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationService:
    """Sends invitations.

    Attributes:
        page: The URL of the page that an invitation leads to by default; None if this server has no pages.
        days: How long an invitation is valid.
    """

    store: Store
    clock: Clock
    outbox: Outbox
    redirects: RedirectPolicy
    app_name: str
    mode: SignUp
    page: str | None
    days: int

    async def invite(self, email: str, page: str | None = None) -> Refused | None:
        """Mail a link to `page` with the token of an invitation in its query, as `invite`."""
        if self.mode == "closed":
            return Refused(ErrorCode.EMAIL_PASSWORD_SIGN_UP_DISABLED, _CLOSED)
        address = rules.normalised_email(email)
        if address is None:
            return Refused(ErrorCode.INVALID_EMAIL)
        target = self.page if page is None else self.redirects.absolute(page)
        if target is None:
            return Refused(ErrorCode.INVALID_REDIRECT_URL, _NO_PAGE if page is None else _UNTRUSTED_PAGE)
        now = self.clock.now()

        async def work(tx: Tx) -> Refused | None:
            if await creation.find(tx, address) is not None:
                return Refused(ErrorCode.USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL)
            self._post(tx, address, target, now)
            return None

        return await self.store.transact(work)

    def _post(self, tx: Tx, address: str, page: str, now: Millis) -> None:
        token, lifetime = new_token(TokenKind.INVITE), self.days * _DAY
        expires_at = after(now, lifetime)
        invites.put(tx, digest(TokenKind.INVITE, token), address, now=now, expires_at=expires_at)
        message = Message(
            kind=MessageKind.INVITATION,
            to=address,
            name="",
            app_name=self.app_name,
            url=with_parameters(page, invite=token),
            valid_for=lifetime,
            expires_at=expires_at,
        )
        self.outbox.post(tx, message, now)
        _record(tx, EventName.INVITED, now)


async def revoke(store: Store, clock: Clock, email: str) -> bool:
    """Revoke the invitations of an address; False when it has none that can still be used."""
    address, now = rules.normalised_email(email), clock.now()

    async def work(tx: Tx) -> bool:
        if address is None or not await invites.delete_live(tx, address, now):
            return False
        _record(tx, EventName.INVITES_REVOKED, now)
        return True

    return await store.transact(work)


def _record(tx: Tx, event: EventName, now: Millis) -> None:
    # There is no account yet, and the audit log contains no addresses.
    audit.record(tx, AuditEvent(name=event, user_id=None, client=NO_CLIENT), now)
