"""Sent codes as a second factor, and their enrolment. All methods run in the caller's transaction."""

import re
from collections.abc import Sequence

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.crypto.codes import new_numeric_code
from athena_auth.delivery.model import Channel, Message, MessageKind
from athena_auth.factors.otp import sql
from athena_auth.factors.otp.sql import ConsumedCode
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import Authenticator, AuthenticatorState, active, all_confirmed, pending
from athena_auth.mfa.factor import (
    Attempt,
    EnrolmentBegun,
    EnrolmentOptions,
    EnrolmentRequest,
    EnrolmentState,
    FactorParts,
    Prompted,
    PromptRequest,
    RawResponse,
    Used,
    Verified,
    read_code,
)
from athena_auth.mfa.model import Binding, Change, FactorName
from athena_auth.sessions.model import Amr
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import budget as sends
from athena_auth.wire.caller import ClientInfo

_SHOWN_FIRST, _SHOWN_LAST = 3, 2


class OtpDetails(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The destination of sent codes."""

    phone_number: str | None = None
    """In E.164; None when codes are sent by email."""

    def __repr__(self) -> str:
        return "OtpDetails(…)"


_decoder = msgspec.json.Decoder(OtpDetails)


def number_of(stored: str) -> str | None:
    """Return the phone number in the details of an authenticator."""
    return _decoder.decode(stored).phone_number


def masked(number: str) -> str:
    """Return a number that its owner recognizes, with most digits hidden from onlookers."""
    hidden = "*" * (len(number) - _SHOWN_FIRST - _SHOWN_LAST)
    return f"{number[:_SHOWN_FIRST]}{hidden}{number[-_SHOWN_LAST:]}"


_DIGITS = 6
_CODE = re.compile(f"[0-9]{{{_DIGITS}}}")
_MALFORMED = Text(
    "This is not a code from our message. Enter the {digits} digits of the message.", digits=_DIGITS
)


class Otp:
    """Sends and verifies codes."""

    name: str = FactorName.OTP
    code_name = "sent code"
    is_throttled = True
    sweeps: tuple[Statement, ...] = (sql.SWEEP,)
    has_nonce = False
    """A code may be entered again after a wrong one, so it is kept with the sent codes."""

    def __init__(self, parts: FactorParts) -> None:
        settings = parts.settings
        self._keyring = parts.keyring
        self._outbox = parts.outbox
        self._app_name = settings.app_name
        self._ttl = settings.otp_ttl
        # Whether accounts with an authenticator app may receive codes by email without having enrolled them.
        self._fallback = settings.otp_fallback == "on"
        self._by_text = settings.sms_url is not None

    @property
    def goes_by_text(self) -> bool:
        """Whether the server can send codes by text message."""
        return self._by_text

    def parse(self, response: RawResponse) -> str | Refused:
        """Return the digits; refuse what cannot be a sent code."""
        return read_code(response, _CODE) or Refused(ErrorCode.INVALID_CODE, _MALFORMED)

    async def is_available(self, _tx: Tx, account: Account, enrolled: Sequence[Authenticator]) -> bool:
        """Tell whether this account, which has two-factor authentication on, may receive codes.

        An account with an authenticator app may, without having enrolled them. One with passkeys alone may not: its owner
        has chosen a factor that phishing does not get. After a password reset by email, the mailbox stands for the
        password. Until another factor is verified, it must not also stand for the second factor, unless the owner has
        enrolled it.
        """
        by_fallback = self._fallback and not account.reset_by_mail and not _has_passkeys_alone(enrolled)
        return by_fallback or self._is_enrolled(enrolled)

    def _is_enrolled(self, enrolled: Sequence[Authenticator]) -> bool:
        """Tell whether the owner has enrolled sent codes. A number counts only if the server can send texts."""
        found = active(enrolled, self.name)
        return found is not None and self.reaches(found)

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether there is an enrolment that a code has yet to confirm."""
        found = pending(await authenticators.load(tx, user_id), self.name, now)
        return found is not None and self.reaches(found)

    async def number(self, tx: Tx, user_id: UserId) -> str | None:
        """Return the confirmed phone number to which codes are sent; None when they are sent by email."""
        return await self._destination(tx, user_id) if self.goes_by_text else None

    async def verify(self, tx: Tx, attempt: Attempt[str]) -> Verified | Refused | Used:
        """Verify a code. If the attempt may confirm an enrolment, it also confirms the one it was sent for."""
        hashes = self._keyring.possible_hashes(attempt.response, _context(attempt.binding))
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

    async def _confirm(self, tx: Tx, attempt: Attempt[str], number: str | None) -> Change | None:
        """Confirm the enrolment that a code sent to this number, or by email, belongs to, if any."""
        loaded = await authenticators.load(tx, attempt.user_id)
        enrolled = pending(loaded, self.name, attempt.now)
        if enrolled is None or number_of(enrolled.details) != number:
            return None
        replaced = all_confirmed(loaded, self.name)
        change = await authenticators.confirm(tx, enrolled, replaced, attempt.browser, attempt.now)
        if change is not None and number is None:
            # The code shows that the user reads email at this address.
            await accounts.mark_email_verified(tx, attempt.user_id, attempt.now)
        return change

    async def _refusal(self, tx: Tx, attempt: Attempt[str], hashes: list[bytes]) -> Refused | Used:
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

    async def _use(self, tx: Tx, attempt: Attempt[str], hashes: list[bytes]) -> ConsumedCode | None:
        """Verify and consume a code by one guarded write.

        The database compares keyed hashes, so the timing reveals nothing to an attacker without the key.
        """
        for code_hash in hashes:
            consumed = await sql.consume_code(tx, attempt, code_hash)
            if consumed is not None:
                return consumed
        return None

    async def prompt(self, tx: Tx, request: PromptRequest) -> Prompted | Refused:
        """Send a code; it replaces the previous one of this challenge or session."""
        account, binding, now = request.account, request.binding, request.now
        confirming = binding.signed_in and await self.is_pending(tx, account.id, now)
        if not confirming:
            # Without a factor or a pending enrolment there is nothing to confirm. A session without a fresh password
            # must not turn a factor on: it may be stolen.
            if not account.two_factor_enabled:
                return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
            enrolled = await authenticators.load(tx, account.id)
            if not await self.is_available(tx, account, enrolled):
                return Refused(ErrorCode.OTP_NOT_CONFIGURED)
        refused = await self._consume_send(tx, account, binding, request.client, now)
        if refused is not None:
            return refused
        await self._send_counted(tx, account, binding, now, confirming=confirming)
        return Prompted(code_was_sent=True)

    async def _consume_send(
        self, tx: Tx, account: Account, binding: Binding, client: ClientInfo, now: Millis
    ) -> Refused | None:
        """Count a send; return the refusal when too many were sent to this account recently."""
        return await sends.consume(tx, account.id, _sends_of(binding), client.address, now)

    async def _send_counted(
        self, tx: Tx, account: Account, binding: Binding, now: Millis, *, confirming: bool = False
    ) -> None:
        """Create a code that is valid only in this challenge or session, and put it into the outbox.

        `_consume_send` has counted the send. The code goes to the owner's number or email address; with `confirming`, to
        that of the pending enrolment.
        """
        pending_since = now if confirming else None
        number = (
            await self._destination(tx, account.id, pending_at=pending_since) if self.goes_by_text else None
        )
        code = new_numeric_code(_DIGITS)
        expires_at = after(now, self._ttl)
        code_hash = self._keyring.hash_code(code, _context(binding))
        sql.put_code(tx, account.id, binding.key, code_hash, number=number, now=now, expires_at=expires_at)
        message = Message(
            kind=MessageKind.TWO_FACTOR_OTP,
            channel=Channel.MAIL if number is None else Channel.TEXT,
            to=account.email if number is None else number,
            name=account.greeting_name,
            app_name=self._app_name,
            language=account.language,
            code=code,
            valid_for=self._ttl,
            expires_at=expires_at,
        )
        self._outbox.post(tx, message, now)

    async def _destination(self, tx: Tx, user_id: UserId, *, pending_at: Millis | None = None) -> str | None:
        """Return the number of the active authenticator, or of the one that is pending at `pending_at`."""
        loaded = await authenticators.load(tx, user_id)
        found = active(loaded, self.name) if pending_at is None else pending(loaded, self.name, pending_at)
        return None if found is None else number_of(found.details)

    def credentials_changed(self, _change: Change) -> tuple[Statement, ...]:
        """Return the deletion of sent codes, for every change."""
        return (sql.END_CODES,)

    def validate(self, options: EnrolmentOptions) -> Refused | None:
        """Refuse a phone number if the server cannot send text messages."""
        if options.phone_number is None or self.goes_by_text:
            return None
        return Refused(
            ErrorCode.VALIDATION_ERROR,
            Text(
                "This server does not send text messages. Leave `phoneNumber` out to receive codes by email."
            ),
        )

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun | Refused:
        """Send a code to the number or address that it will confirm; a verified address needs none."""
        account, number, now = request.account, request.options.phone_number, request.now
        new = self._new(account.id, number, request.options.label, now)
        enrolled = await authenticators.load(tx, account.id)
        if number is None and self._is_enrolled(enrolled):
            return EnrolmentBegun(EnrolmentState.UNCHANGED)
        if number is None and account.email_verified and not request.must_be_confirmed:
            replaced = all_confirmed(enrolled, self.name)
            await authenticators.begin_enrolment(tx, new)
            await authenticators.confirm(tx, new, replaced, None, now)
            return EnrolmentBegun(EnrolmentState.CONFIRMED)
        # Counted before anything is replaced: a refusal commits what came before it.
        refused = await self._consume_send(tx, account, request.binding, request.client, now)
        if refused is not None:
            return refused
        await authenticators.begin_enrolment(tx, new)
        await self._send_counted(tx, account, request.binding, now, confirming=True)
        return EnrolmentBegun(EnrolmentState.PENDING, code_was_sent=True)

    def _new(self, user_id: UserId, number: str | None, label: str | None, now: Millis) -> Authenticator:
        return Authenticator(
            id=new_id(now),
            user_id=user_id,
            factor=self.name,
            label=label,
            details=msgspec.json.encode(OtpDetails(number)).decode(),
            created_at=now,
        )

    def reaches(self, authenticator: Authenticator) -> bool:
        """Tell whether this server can send codes to the destination of a confirmed or pending authenticator."""
        return self.goes_by_text or number_of(authenticator.details) is None


def _has_passkeys_alone(enrolled: Sequence[Authenticator]) -> bool:
    factors = {each.factor for each in enrolled if each.state is AuthenticatorState.ACTIVE}
    return factors == {FactorName.PASSKEY}


def _sends_of(binding: Binding) -> sends.SendKind:
    if binding.signed_in:
        return sends.SendKind.SESSION
    return sends.SendKind.RECOGNIZED if binding.recognized else sends.SendKind.CHALLENGE


def _context(binding: Binding) -> str:
    return f"sent-code:{binding.key.hex()}"
