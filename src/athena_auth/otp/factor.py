"""Sent codes as a second factor, and their enrolment. All methods run in the caller's transaction."""

import re

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.challenge.binding import Binding
from athena_auth.challenge.factor import Attempt, Used, Verified
from athena_auth.challenge.model import Change, FactorName
from athena_auth.crypto.codes import new_numeric_code
from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.model import Channel, Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.otp import rules, sql
from athena_auth.otp.model import ConsumedCode
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import ClientInfo

_DIGITS = 6
_CODE = re.compile(f"[0-9]{{{_DIGITS}}}")


class OtpSettings(msgspec.Struct, frozen=True):
    """Settings of sent codes."""

    app_name: str
    ttl: int
    """Seconds for which a code is valid."""
    fallback: bool
    """Whether accounts with an authenticator app may receive codes by email without having enrolled them."""
    by_text: bool
    """Whether the server can send text messages."""


class OtpFactor:
    """Sends and verifies codes."""

    name = FactorName.OTP
    is_throttled = True
    malformed = Refused(
        ErrorCode.INVALID_CODE,
        f"This is not a code from our message. Enter the {_DIGITS} digits of the message.",
    )

    def __init__(self, keyring: Keyring, outbox: Outbox, settings: OtpSettings) -> None:
        self._keyring = keyring
        self._outbox = outbox
        self._settings = settings

    @property
    def goes_by_text(self) -> bool:
        """Whether the server can send codes by text message."""
        return self._settings.by_text

    def is_well_formed(self, code: str) -> bool:
        """Tell whether this could be a sent code."""
        return _CODE.fullmatch(code) is not None

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether this account, which has two-factor authentication on, may receive codes.

        After a password reset by email, the mailbox stands for the password. Until another factor is verified, it must
        not also stand for the second factor, unless the owner has enrolled it.
        """
        by_fallback = self._settings.fallback and not account.reset_by_mail
        return by_fallback or await self.is_enrolled(tx, account.id)

    async def is_enrolled(self, tx: Tx, user_id: UserId) -> bool:
        """Tell whether the owner has enrolled sent codes. A number counts only if the server can send texts."""
        enrolment = await sql.load_enrolment(tx, user_id)
        return enrolment is not None and enrolment.confirmed and self._can_reach(enrolment.number)

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether there is an enrolment that a code has yet to confirm."""
        enrolment = await sql.load_enrolment(tx, user_id)
        return (
            enrolment is not None
            and rules.is_pending(enrolment, now)
            and self._can_reach(enrolment.pending_number)
        )

    async def number(self, tx: Tx, user_id: UserId) -> str | None:
        """Return the confirmed phone number to which codes are sent; None when they are sent by email."""
        enrolment = await sql.load_enrolment(tx, user_id) if self.goes_by_text else None
        return None if enrolment is None else enrolment.number

    async def verify(self, tx: Tx, attempt: Attempt) -> Verified | Refused | Used:
        """Verify a code. If the attempt may confirm an enrolment, it also confirms the one it was sent for."""
        hashes = self._keyring.possible_hashes(attempt.code, _context(attempt.binding))
        consumed = await self._use(tx, attempt, hashes)
        if consumed is None:
            return await self._refusal(tx, attempt, hashes)
        change = await self._confirm(tx, attempt, consumed.number) if attempt.confirms else None
        # The number was replaced before its code was entered: its texts may reach someone else.
        by_text_alone = change is None and consumed.number is not None
        if by_text_alone and consumed.number != await self.number(tx, attempt.user_id):
            return Refused(ErrorCode.INVALID_CODE)
        if not self.goes_by_text:
            # With texts, a correct code does not reset the sends: an attacker with a premium-rate number could otherwise
            # have texts sent for ever, at the operator's cost.
            sends.reset(tx, attempt.user_id, _sends_of(attempt.binding))
        return Verified(self.name, Amr.SENT_CODE if consumed.number is None else Amr.TEXT, change)

    async def _confirm(self, tx: Tx, attempt: Attempt, number: str | None) -> Change | None:
        """Confirm the enrolment that a code sent to this number, or by email, belongs to, if any."""
        user_id, now = attempt.user_id, attempt.now
        if number is None:
            if not await sql.confirm(tx, user_id, now):
                return None
            # The code shows that the user reads email at this address.
            await accounts.mark_email_verified(tx, user_id, now)
            return Change.FACTOR_ADDED
        before = await sql.load_enrolment(tx, user_id)
        if not await sql.confirm_number(tx, user_id, number, now):
            return None
        return Change.FACTOR_REPLACED if before is not None and before.confirmed else Change.FACTOR_ADDED

    async def _refusal(self, tx: Tx, attempt: Attempt, hashes: list[bytes]) -> Refused | Used:
        """Return the refusal of a code that was not consumed: it is wrong, expired or used."""
        sent = await sql.load_code(tx, attempt.user_id, attempt.binding.key, attempt.now)
        if sent is None:
            return Refused(ErrorCode.OTP_HAS_EXPIRED)
        # A process with a newer secret may have sent the code; then a correct code must not count as wrong.
        self._keyring.require_known(sent.code_hash)
        if sent.used_by is None:
            return Refused(ErrorCode.INVALID_CODE)
        refused = Refused(ErrorCode.OTP_HAS_EXPIRED)
        is_same = sent.code_hash in hashes
        return Used(refused, elsewhere=sent.used_by != attempt.browser) if is_same else refused

    async def _use(self, tx: Tx, attempt: Attempt, hashes: list[bytes]) -> ConsumedCode | None:
        """Verify and consume a code by one guarded write.

        The database compares keyed hashes, so the timing reveals nothing to an attacker without the key.
        """
        for code_hash in hashes:
            consumed = await sql.consume_code(tx, attempt, code_hash)
            if consumed is not None:
                return consumed
        return None

    async def post(
        self,
        tx: Tx,
        account: Account,
        binding: Binding,
        client: ClientInfo,
        now: Millis,
        *,
        confirming: bool = False,
    ) -> Refused | None:
        """Count a send and post the code, unless too many were sent to this account recently."""
        refused = await self.consume_send(tx, account, binding, client, now)
        if refused is None:
            await self.post_paid(tx, account, binding, now, confirming=confirming)
        return refused

    async def consume_send(
        self, tx: Tx, account: Account, binding: Binding, client: ClientInfo, now: Millis
    ) -> Refused | None:
        """Count a send; return the refusal when too many were sent to this account recently."""
        return await sends.consume(tx, account.id, _sends_of(binding), client.address, now)

    async def post_paid(
        self, tx: Tx, account: Account, binding: Binding, now: Millis, *, confirming: bool = False
    ) -> None:
        """Create a code that is valid only in this challenge or session, and put it into the outbox.

        `consume_send` has counted the send. The code goes to the owner's number or email address; with `confirming`, to
        that of the pending enrolment.
        """
        number = await self._destination(tx, account.id, confirming=confirming)
        code = new_numeric_code(_DIGITS)
        expires_at = after(now, self._settings.ttl)
        code_hash = self._keyring.hash_code(code, _context(binding))
        sql.put_code(tx, account.id, binding.key, code_hash, number=number, now=now, expires_at=expires_at)
        message = Message(
            kind=MessageKind.TWO_FACTOR_OTP,
            channel=Channel.MAIL if number is None else Channel.TEXT,
            to=account.email if number is None else number,
            name=account.greeting_name,
            app_name=self._settings.app_name,
            code=code,
            valid_for=self._settings.ttl,
            expires_at=expires_at,
        )
        self._outbox.post(tx, message, now)

    async def _destination(self, tx: Tx, user_id: UserId, *, confirming: bool) -> str | None:
        enrolment = await sql.load_enrolment(tx, user_id) if self.goes_by_text else None
        if enrolment is None:
            return None
        return enrolment.pending_number if confirming else enrolment.number

    def cancel_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Drop the pending enrolment of sent codes."""
        sql.drop_pending(tx, user_id)

    async def begin_enrolment(self, tx: Tx, user_id: UserId, now: Millis, number: str | None = None) -> None:
        """Begin an enrolment of a phone number, or of email; the code that is sent next confirms it."""
        if number is None:
            await sql.insert_pending(tx, user_id, now)
        else:
            await sql.insert_pending_number(tx, user_id, number, now)

    async def enrol_at_once(self, tx: Tx, user_id: UserId, now: Millis) -> None:
        """Enrol codes by email to a verified address."""
        await sql.insert_pending(tx, user_id, now)
        await sql.confirm(tx, user_id, now)

    def _can_reach(self, number: str | None) -> bool:
        return number is None or self.goes_by_text


def _sends_of(binding: Binding) -> sends.SendKind:
    if binding.signed_in:
        return sends.SendKind.SESSION
    return sends.SendKind.RECOGNIZED if binding.recognized else sends.SendKind.CHALLENGE


def _context(binding: Binding) -> str:
    return f"sent-code:{binding.key.hex()}"
