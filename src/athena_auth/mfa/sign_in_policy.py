"""From a verified first factor to a session, a challenge or an enrolment token (I1)."""

from dataclasses import dataclass

import msgspec

from athena_auth import enrolment_tokens
from athena_auth.accounts.enforcement.deadlines import Deadlines
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.model import MessageKind
from athena_auth.enrolment_tokens import EnrolmentToken
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import sql
from athena_auth.mfa.device_trust import DeviceTrust, Granted, Reused
from athena_auth.mfa.model import Challenge, ChallengeIssued, EnrolmentIssued, preferred_method
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.mint import mint
from athena_auth.sessions.model import Amr, Assurance, Level, Minted, SessionOptions
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo

PASSWORD_ONLY = Assurance(Level.ONE, (Amr.PASSWORD,))


class Lifetimes(msgspec.Struct, frozen=True):
    """Lifetimes in seconds."""

    session: int
    challenge: int
    session_max_age: int | None = None
    """None for no limit on a session in use."""


class FirstFactor(msgspec.Struct, frozen=True):
    """A first factor, a password or a passkey, and its request."""

    client: ClientInfo
    persistent: bool
    trust_token: str | None
    browser_token: str | None = None
    """The cookie of a recognized browser (`RecognizedBrowsers`)."""
    callback_url: str | None = None
    """The page to open after the sign-in; already checked against `RedirectPolicy`."""
    superseded_session: str | None = None
    """The browser's previous session, which ends when the new one begins."""

    def __repr__(self) -> str:
        return f"FirstFactor({self.client.address})"


class SessionIssued(msgspec.Struct, frozen=True):
    """No second factor is required: a session was minted."""

    minted: Minted
    account: Account
    trust_token: str | None = None
    """The successor of the trust token that replaced the second factor."""
    second_factor_due_at: Millis | None = None
    """By when the account must enrol a second factor; None if it need not, or has one."""

    def __repr__(self) -> str:
        return f"SessionIssued({self.account.id})"


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """Decides whether a verified first factor yields a session, a challenge or an enrolment token.

    Attributes:
        requires_verified_email: Whether accounts with an unverified address are refused.
    """

    offered: OfferedFactors
    trust: DeviceTrust
    notifications: SecurityNotifications
    lifetimes: Lifetimes
    requires_verified_email: bool
    deadlines: Deadlines

    async def complete_first_factor(
        self, tx: Tx, account: Account, first: FirstFactor, now: Millis, *, recognized: bool = False
    ) -> SessionIssued | ChallengeIssued | EnrolmentIssued | Refused:
        """Mint a session, or issue a challenge if the account has two-factor authentication on.

        If it has not, but should have had it by now, issue an enrolment token.

        The caller must have locked the account in `tx` at the credential version that was verified. The only refusal is
        `EMAIL_NOT_VERIFIED`.
        """
        if self.requires_verified_email and not account.email_verified:
            return refuse_unverified(tx, account, first.client, now)
        if not account.two_factor_enabled:
            return await self._complete_without_factor(tx, account, first, now)
        device = await self._present(tx, account, first, now)
        if device is None:
            challenged = await self.challenge(tx, account, first, now, recognized=recognized)
            token = first.trust_token
            is_invalid = token is not None and await self.trust.is_invalid(tx, token, now)
            return msgspec.structs.replace(challenged, device_is_invalid=is_invalid)
        assurance = Assurance(Level.TWO, (Amr.PASSWORD, Amr.TRUSTED_DEVICE))
        minted = self._mint(tx, account, assurance, first, now, device_id=device.device_id)
        entry = AuditEvent(
            name=EventName.TRUST_ACCEPTED,
            user_id=account.id,
            client=first.client,
            session_id=minted.session.id,
            device_id=device.device_id,
        )
        audit.record(tx, entry, now)
        return SessionIssued(minted, account, device.token)

    async def _complete_without_factor(
        self, tx: Tx, account: Account, first: FirstFactor, now: Millis
    ) -> SessionIssued | EnrolmentIssued:
        due_at = await self.deadlines.at_sign_in(tx, account, first.client, now)
        if due_at is not None and due_at <= now:
            return self.demand_enrolment(tx, account, first, now)
        minted = self._mint(tx, account, PASSWORD_ONLY, first, now)
        accepted = AuditEvent(
            name=EventName.PASSWORD_ACCEPTED,
            user_id=account.id,
            client=first.client,
            session_id=minted.session.id,
        )
        audit.record(tx, accepted, now)
        return SessionIssued(minted, account, second_factor_due_at=due_at)

    def demand_enrolment(self, tx: Tx, account: Account, first: FirstFactor, now: Millis) -> EnrolmentIssued:
        """Issue an enrolment token to an account without a second factor; the caller has verified its first factor."""
        owner = EnrolmentToken(account.id, first.persistent, first.callback_url)
        token = enrolment_tokens.issue(tx, owner, now)
        demanded = AuditEvent(name=EventName.ENROLMENT_DEMANDED, user_id=account.id, client=first.client)
        audit.record(tx, demanded, now)
        return EnrolmentIssued(token, tuple(self.offered.enrollable), account)

    def complete_both_factors(
        self, tx: Tx, account: Account, amr: str, authenticator_id: str, first: FirstFactor, now: Millis
    ) -> SessionIssued | Refused:
        """Mint a session of level two for an authenticator that is two factors: a passkey that verified its user.

        The caller must have locked the account in `tx`, and verified and consumed the response there. The only refusal is
        `EMAIL_NOT_VERIFIED`.
        """
        if self.requires_verified_email and not account.email_verified:
            return refuse_unverified(tx, account, first.client, now)
        minted = self._mint(tx, account, Assurance(Level.TWO, (amr,)), first, now, by_passkey=True)
        accepted = AuditEvent(
            name=EventName.PASSKEY_ACCEPTED,
            user_id=account.id,
            client=first.client,
            session_id=minted.session.id,
            authenticator_id=authenticator_id,
        )
        audit.record(tx, accepted, now)
        return SessionIssued(minted, account)

    async def _present(self, tx: Tx, account: Account, first: FirstFactor, now: Millis) -> Granted | None:
        if first.trust_token is None:
            return None
        presented = await self.trust.present(tx, account.id, first.trust_token, first.client, now)
        if not isinstance(presented, Reused):
            return presented
        await self._end_copied(tx, account, presented, first, now)
        return None

    async def _end_copied(
        self, tx: Tx, account: Account, reused: Reused, first: FirstFactor, now: Millis
    ) -> None:
        """End the sessions of a trusted device whose token was used twice: one of the two users copied it."""
        await sessions.end_of_device(tx, account.id, reused.device_id)
        entry = AuditEvent(
            name=EventName.TRUST_REUSED, user_id=account.id, client=first.client, device_id=reused.device_id
        )
        audit.record(tx, entry, now)
        await self.notifications.notify(tx, account, MessageKind.DEVICE_TOKEN_REUSED, first.client, now)

    async def challenge(
        self, tx: Tx, account: Account, first: FirstFactor, now: Millis, *, recognized: bool
    ) -> ChallengeIssued:
        """Issue a challenge, even to a trusted device. `recognized` selects the kind in which attempts are counted."""
        token = new_token(TokenKind.CHALLENGE)
        challenge = Challenge(
            token_digest=digest(TokenKind.CHALLENGE, token),
            user_id=account.id,
            attempts=0,
            persistent=first.persistent,
            recognized=recognized,
            callback_url=first.callback_url,
            created_at=now,
            expires_at=after(now, self.lifetimes.challenge),
        )
        sql.insert(tx, challenge)
        issued = AuditEvent(name=EventName.CHALLENGE_ISSUED, user_id=account.id, client=first.client)
        audit.record(tx, issued, now)
        methods = await self.offered.available(tx, account)
        preferred = preferred_method(methods, account)
        return ChallengeIssued(token, methods, self.lifetimes.challenge, preferred)

    def _mint(
        self,
        tx: Tx,
        account: Account,
        assurance: Assurance,
        first: FirstFactor,
        now: Millis,
        device_id: str | None = None,
        *,
        by_passkey: bool = False,
    ) -> Minted:
        options = SessionOptions(
            self.lifetimes.session,
            first.persistent,
            self.lifetimes.session_max_age,
            device_id,
            by_passkey=by_passkey,
            superseded=first.superseded_session,
        )
        return mint(tx, account.id, assurance, first.client, options, now)


def refuse_unverified(tx: Tx, account: Account, client: ClientInfo, now: Millis) -> Refused:
    """Record that a sign-in was refused because the address is not verified, and return the refusal."""
    entry = AuditEvent(
        name=EventName.UNVERIFIED_REFUSED,
        user_id=account.id,
        client=client,
        reason=ErrorCode.EMAIL_NOT_VERIFIED,
    )
    audit.record(tx, entry, now)
    return Refused(ErrorCode.EMAIL_NOT_VERIFIED)
