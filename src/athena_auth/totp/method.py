"""TOTP as a second factor, and its enrolment. All steps take the caller's transaction."""

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.challenge.method import Claim, Proven
from athena_auth.challenge.model import Change, MethodName
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


class TotpSettings(msgspec.Struct, frozen=True):
    """What new authenticators are told, and how many steps around the present one are accepted."""

    issuer: str
    parameters: Parameters
    window: int


class TotpMethod:
    """Judges the codes of authenticator apps."""

    name = MethodName.TOTP

    def __init__(self, keyring: Keyring, settings: TotpSettings) -> None:
        """Take the keys that seal the secrets."""
        self._keyring = keyring
        self._settings = settings

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether an authenticator is active."""
        return rules.active(await sql.load(tx, account.id)) is not None

    async def states(self, tx: Tx, user_id: UserId, now: Millis) -> frozenset[State]:
        """Return whether an authenticator is active, and whether one waits to be confirmed."""
        authenticators = await sql.load(tx, user_id)
        found = (rules.active(authenticators), rules.pending(authenticators, now))
        return frozenset(authenticator.state for authenticator in found if authenticator is not None)

    async def check(self, tx: Tx, claim: Claim) -> Proven | Refused:
        """Judge a code; in a live session one of a pending authenticator confirms its enrolment."""
        authenticators = await sql.load(tx, claim.user_id)
        active = rules.active(authenticators)
        pending = rules.pending(authenticators, claim.now) if claim.binding.signed_in else None
        if active is None and pending is None:
            return Refused(ErrorCode.TOTP_NOT_ENABLED)
        if pending is not None and (step := self._matching_step(pending, claim)) is not None:
            return await self._confirm(tx, pending, step, replaces=active, now=claim.now)
        if active is not None and await self._use(tx, active, claim):
            return Proven(self.name, Amr.TOTP)
        return await self._refuse(tx, (pending, active), claim)

    def withdraw(self, tx: Tx, user_id: UserId) -> None:
        """Forget an enrolment of an app that is under way."""
        sql.drop_pending(tx, user_id)

    def stage(self, tx: Tx, user_id: UserId, issuer: str | None, account_name: str, now: Millis) -> str:
        """Make a new secret, pending until a code proves that the app has it; return its `otpauth` URI."""
        secret = totp.new_secret(self._settings.parameters.algorithm)
        authenticator = Authenticator(
            id=new_id(now),
            user_id=user_id,
            state=State.PENDING,
            sealed_secret=b"",
            issuer=issuer or self._settings.issuer,
            parameters=self._settings.parameters,
            last_step=rules.NO_STEP,
            told_step=rules.NO_STEP,
            created_at=now,
        )
        sealed = self._keyring.seal(secret, authenticator.place)
        sql.stage(tx, msgspec.structs.replace(authenticator, sealed_secret=sealed))
        return _uri(secret, authenticator, account_name)

    async def uri(self, tx: Tx, user_id: UserId, account_name: str, now: Millis) -> str | None:
        """Return the `otpauth` URI of the authenticator that is being enrolled, else of the active one."""
        authenticators = await sql.load(tx, user_id)
        meant = rules.pending(authenticators, now) or rules.active(authenticators)
        if meant is None:
            return None
        return _uri(self._secret(meant), meant, account_name)

    async def _use(self, tx: Tx, authenticator: Authenticator, claim: Claim) -> bool:
        """Tell whether the code is this authenticator's, and use its time step up."""
        step = self._matching_step(authenticator, claim)
        if step is None or not await sql.advance(tx, authenticator.id, step):
            return False
        if not self._keyring.is_current_seal(authenticator.sealed_secret):
            secret = self._secret(authenticator)
            sql.reseal(tx, authenticator.id, self._keyring.seal(secret, authenticator.place))
        return True

    async def _confirm(
        self, tx: Tx, pending: Authenticator, step: int, *, replaces: Authenticator | None, now: Millis
    ) -> Proven | Refused:
        if replaces is not None:
            # First make sure of the new one: a refusal commits, and must not cost the owner the old one (I6).
            if not await sql.hold_pending(tx, pending.id, step):
                return Refused(ErrorCode.INVALID_CODE)
            await sql.drop_active(tx, pending.user_id)
        if not await sql.confirm(tx, pending.id, step, now):
            return Refused(ErrorCode.INVALID_CODE)
        return Proven(
            self.name, Amr.TOTP, Change.FACTOR_ADDED if replaces is None else Change.FACTOR_REPLACED
        )

    async def _refuse(
        self, tx: Tx, authenticators: tuple[Authenticator | None, ...], claim: Claim
    ) -> Refused:
        """Refuse a code; if it is right for another time, say so: the device's clock is off."""
        for authenticator in filter(None, authenticators):
            step = self._tellable_step(authenticator, claim)
            if step is not None and await self._tell(tx, authenticator, step, claim.now):
                return rules.refuse_out_of_time(step, claim.now, authenticator.parameters)
        return Refused(ErrorCode.INVALID_CODE)

    def _tellable_step(self, authenticator: Authenticator, claim: Claim) -> int | None:
        steps = rules.tellable_steps(authenticator, claim.now, self._settings.window)
        return totp.latest_match(self._secret(authenticator), authenticator.parameters, claim.code, steps)

    async def _tell(self, tx: Tx, authenticator: Authenticator, step: int, now: Millis) -> bool:
        """Make sure that a code is never accepted, so that its owner may be told what it is."""
        earliest = rules.earliest_step(authenticator.parameters, now, self._settings.window)
        if step < earliest:
            # It has passed, but not for a server whose clock is behind this one's.
            sql.retire(tx, authenticator.id, step)
            return True
        return await sql.tell(tx, authenticator.id, step, earliest)

    def _matching_step(self, authenticator: Authenticator, claim: Claim) -> int | None:
        secret, window = self._secret(authenticator), self._settings.window
        return totp.matching_step(secret, authenticator.parameters, claim.code, claim.now, window)

    def _secret(self, authenticator: Authenticator) -> bytes:
        return self._keyring.unseal(authenticator.sealed_secret, authenticator.place)


def _uri(secret: bytes, authenticator: Authenticator, account_name: str) -> str:
    return totp.otpauth_uri(
        secret, authenticator.parameters, issuer=authenticator.issuer, account=account_name
    )
