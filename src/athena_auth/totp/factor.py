"""TOTP as a second factor, and its enrolment. All methods run in the caller's transaction."""

import re

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.challenge.factor import Attempt, Used, Verified
from athena_auth.challenge.model import Change, FactorName
from athena_auth.crypto import totp
from athena_auth.crypto.keys import Keyring
from athena_auth.crypto.totp import Parameters
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Tx
from athena_auth.totp import rules, sql
from athena_auth.totp.model import Authenticator, State

_CODE = re.compile(r"[0-9]{6,8}")
"""Authenticators that were enrolled under another setting keep their number of digits."""


class TotpSettings(msgspec.Struct, frozen=True):
    """The parameters of new authenticators, and the accepted time steps on either side of the current one."""

    issuer: str
    parameters: Parameters
    window: int


class RevealedSecret(msgspec.Struct, frozen=True):
    """The `otpauth` URI of an authenticator; it contains the secret."""

    uri: str
    is_active: bool
    """Whether the authenticator is active, rather than pending."""

    def __repr__(self) -> str:
        return "RevealedSecret(…)"


class TotpFactor:
    """Verifies the codes of authenticator apps."""

    name = FactorName.TOTP
    is_throttled = True
    malformed = Refused(
        ErrorCode.INVALID_CODE,
        "This is not a code of an authenticator app. Enter the digits that the app shows.",
    )

    def __init__(self, keyring: Keyring, settings: TotpSettings) -> None:
        self._keyring = keyring
        self._settings = settings

    def is_well_formed(self, code: str) -> bool:
        """Tell whether this could be a code of an authenticator app."""
        return _CODE.fullmatch(code) is not None

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether an authenticator is active."""
        return rules.active(await sql.load(tx, account.id)) is not None

    async def states(self, tx: Tx, user_id: UserId, now: Millis) -> frozenset[State]:
        """Return the states in which the account has an authenticator."""
        authenticators = await sql.load(tx, user_id)
        found = (rules.active(authenticators), rules.pending(authenticators, now))
        return frozenset(authenticator.state for authenticator in found if authenticator is not None)

    async def verify(self, tx: Tx, attempt: Attempt) -> Verified | Refused | Used:
        """Verify a code. If the attempt may confirm an enrolment, a code of the pending authenticator does so."""
        authenticators = await sql.load(tx, attempt.user_id)
        active = rules.active(authenticators)
        pending = rules.pending(authenticators, attempt.now) if attempt.confirms else None
        if active is None and pending is None:
            return Refused(ErrorCode.TOTP_NOT_ENABLED)
        if pending is not None and (step := self._matching_step(pending, attempt)) is not None:
            return await self._confirm(tx, pending, step, replaces=active, attempt=attempt)
        if active is not None and (step := self._matching_step(active, attempt)) is not None:
            return await self._use(tx, active, step, attempt)
        return self._refusal(pending, attempt)

    def cancel_enrolment(self, tx: Tx, user_id: UserId) -> None:
        """Drop the pending authenticator."""
        sql.drop_pending(tx, user_id)

    def begin_enrolment(
        self, tx: Tx, user_id: UserId, issuer: str | None, account_name: str, now: Millis
    ) -> str:
        """Create a secret that stays pending until a code confirms it; return its `otpauth` URI."""
        secret = totp.new_secret(self._settings.parameters.algorithm)
        authenticator = Authenticator(
            id=new_id(now),
            user_id=user_id,
            state=State.PENDING,
            sealed_secret=b"",
            issuer=issuer or self._settings.issuer,
            parameters=self._settings.parameters,
            last_step=rules.NO_STEP,
            created_at=now,
        )
        sealed = self._keyring.seal(secret, authenticator.context)
        sql.insert_pending(tx, msgspec.structs.replace(authenticator, sealed_secret=sealed))
        return _uri(secret, authenticator, account_name)

    async def uri(self, tx: Tx, user_id: UserId, account_name: str, now: Millis) -> RevealedSecret | None:
        """Return the `otpauth` URI of the pending authenticator, otherwise of the active one."""
        authenticators = await sql.load(tx, user_id)
        shown = rules.pending(authenticators, now) or rules.active(authenticators)
        if shown is None:
            return None
        uri = _uri(self._secret(shown), shown, account_name)
        return RevealedSecret(uri, is_active=shown.state is State.ACTIVE)

    async def _use(
        self, tx: Tx, authenticator: Authenticator, step: int, attempt: Attempt
    ) -> Verified | Used:
        """Consume the time step of a correct code, and with it all earlier steps (RFC 6238 section 5.2)."""
        if not await sql.advance(tx, authenticator.id, step, attempt.browser):
            elsewhere = await sql.is_reuse_elsewhere(tx, authenticator.id, attempt.browser)
            return Used(Refused(ErrorCode.INVALID_CODE), elsewhere)
        if not self._keyring.is_current_seal(authenticator.sealed_secret):
            secret = self._secret(authenticator)
            sql.reseal(tx, authenticator.id, self._keyring.seal(secret, authenticator.context))
        return Verified(self.name, Amr.TOTP)

    async def _confirm(
        self, tx: Tx, pending: Authenticator, step: int, *, replaces: Authenticator | None, attempt: Attempt
    ) -> Verified | Refused:
        if replaces is not None:
            # Lock the new one first: a refusal commits, and must not remove the old one (I6).
            if not await sql.lock_pending(tx, pending.id, step):
                return Refused(ErrorCode.INVALID_CODE)
            await sql.drop_active(tx, pending.user_id)
        if not await sql.confirm(tx, pending.id, step, attempt.browser, attempt.now):
            return Refused(ErrorCode.INVALID_CODE)
        return Verified(
            self.name, Amr.TOTP, Change.FACTOR_ADDED if replaces is None else Change.FACTOR_REPLACED
        )

    def _refusal(self, pending: Authenticator | None, attempt: Attempt) -> Refused:
        """Refuse a code. At enrolment, tell the user if the code is correct for another time: their clock is off.

        At sign-in this would be an oracle that confirms forty codes instead of three. At enrolment the user has the
        secret anyway.
        """
        if pending is not None:
            steps = rules.near_steps(pending.parameters, attempt.now, self._settings.window)
            step = totp.latest_match(self._secret(pending), pending.parameters, attempt.code, steps)
            if step is not None:
                return rules.refuse_out_of_time(step, attempt.now, pending.parameters)
        return Refused(ErrorCode.INVALID_CODE)

    def _matching_step(self, authenticator: Authenticator, attempt: Attempt) -> int | None:
        secret, window = self._secret(authenticator), self._settings.window
        return totp.matching_step(secret, authenticator.parameters, attempt.code, attempt.now, window)

    def _secret(self, authenticator: Authenticator) -> bytes:
        return self._keyring.unseal(authenticator.sealed_secret, authenticator.context)


def _uri(secret: bytes, authenticator: Authenticator, account_name: str) -> str:
    return totp.otpauth_uri(
        secret, authenticator.parameters, issuer=authenticator.issuer, account=account_name
    )
