"""Sent codes as a second factor, and their enrolment. All steps take the caller's transaction."""

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.challenge.method import Claim, Proven
from athena_auth.challenge.model import Change, MethodName
from athena_auth.crypto.codes import new_numeric_code
from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.otp import sql
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import budget as sends

_DIGITS = 6


class OtpSettings(msgspec.Struct, frozen=True):
    """How sent codes behave."""

    app_name: str
    ttl: int
    """Seconds a code is valid."""
    fallback: bool
    """Whether accounts with an authenticator app may have codes sent without having enrolled for them."""


class OtpMethod:
    """Sends, judges and uses up codes."""

    name = MethodName.OTP

    def __init__(self, keyring: Keyring, outbox: Outbox, settings: OtpSettings) -> None:
        """Take the keys that hash the codes and the way mail goes out."""
        self._keyring = keyring
        self._outbox = outbox
        self._settings = settings

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether this account, which has a second factor on, may have codes sent.

        After a reset by mail the mailbox has spoken for the password: as long as nothing else was proven since,
        it must not speak for a second factor that the owner did not choose to have there.
        """
        by_fallback = self._settings.fallback and not account.reset_by_mail
        return by_fallback or await self.is_enrolled(tx, account.id)

    async def is_enrolled(self, tx: Tx, user_id: UserId) -> bool:
        """Tell whether the owner turned codes by mail on."""
        return await sql.is_confirmed(tx, user_id)

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether an enrolment waits for its code."""
        return await sql.is_pending(tx, user_id, now)

    async def check(self, tx: Tx, claim: Claim) -> Proven | Refused:
        """Judge a code; in a live session it also confirms a pending enrolment."""
        if not await self._use(tx, claim):
            is_open = await sql.is_code_open(tx, claim.user_id, claim.binding, claim.now)
            return Refused(ErrorCode.INVALID_CODE if is_open else ErrorCode.OTP_HAS_EXPIRED)
        sends.clear(tx, claim.user_id)
        if claim.signed_in and await sql.confirm(tx, claim.user_id, claim.now):
            # Whoever typed the code reads mail at that address.
            await accounts.mark_email_verified(tx, claim.user_id, claim.now)
            return Proven(self.name, Amr.SENT_CODE, Change.FACTOR_ADDED)
        return Proven(self.name, Amr.SENT_CODE)

    async def _use(self, tx: Tx, claim: Claim) -> bool:
        """Judge a code and use it up: deleting its row is both.

        The database compares keyed hashes. How long that takes says nothing to somebody without the key.
        """
        for code_hash in self._keyring.possible_hashes(claim.code, _place(claim.binding)):
            if await sql.spend_code(tx, claim.user_id, claim.binding, code_hash, claim.now):
                return True
        return False

    async def post(self, tx: Tx, account: Account, binding: bytes, now: Millis) -> Refused | None:
        """Make a code that is good only for this challenge or session, and put its mail into the outbox.

        Refused when too many were sent to this account of late.
        """
        refused = await sends.pay(tx, account.id, now)
        if refused is not None:
            return refused
        code = new_numeric_code(_DIGITS)
        expires_at = after(now, self._settings.ttl)
        code_hash = self._keyring.hash_code(code, _place(binding))
        sql.put_code(tx, account.id, binding, code_hash, now=now, expires_at=expires_at)
        message = Message(
            kind=MessageKind.TWO_FACTOR_OTP,
            to=account.email,
            name=account.name,
            app_name=self._settings.app_name,
            code=code,
            valid_for=self._settings.ttl,
            expires_at=expires_at,
        )
        self._outbox.post(tx, message, now)
        return None

    async def stage(self, tx: Tx, user_id: UserId, now: Millis) -> None:
        """Begin an enrolment; the code that is sent next confirms it."""
        await sql.stage(tx, user_id, now)

    async def enrol_at_once(self, tx: Tx, user_id: UserId, now: Millis) -> None:
        """Turn codes by mail on for an address that is verified."""
        await sql.stage(tx, user_id, now)
        await sql.confirm(tx, user_id, now)


def _place(binding: bytes) -> str:
    return f"sent-code:{binding.hex()}"
