"""Use cases of enrolment."""

from enum import StrEnum

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.proof import PasswordProof
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.backup_codes.method import BackupCodeMethod
from athena_auth.backup_codes.sql import State
from athena_auth.challenge.credentials import CredentialEvents
from athena_auth.challenge.model import Change
from athena_auth.challenge.second_step import session_binding
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.otp.method import OtpMethod
from athena_auth.sessions.rules import has_fresh_second_factor
from athena_auth.store.transaction import Tx
from athena_auth.totp.method import TotpMethod


class Factor(StrEnum):
    """The factors that can be turned on; backup codes come with either."""

    TOTP = "totp"
    OTP = "otp"


class Enrolment(msgspec.Struct, frozen=True):
    """An enrolment begun (or, for a verified address, done), and what is shown this once."""

    backup_codes: list[str]
    totp_uri: str | None = None

    def __repr__(self) -> str:
        return "Enrolment(…)"


class Factors(msgspec.Struct, frozen=True):
    """The factors that an enrolment puts together."""

    totp: TotpMethod
    otp: OtpMethod
    backup_codes: BackupCodeMethod


class EnrolmentService:
    """Begins enrolments, which a code then confirms, and removes all factors.

    Nothing that signs in today is touched before the new factor is proven (I6): the secret and the backup
    codes shown by `enable` are pending, and the old ones stay in force until then.
    """

    def __init__(
        self,
        *,
        factors: Factors,
        proof: PasswordProof,
        events: CredentialEvents,
        clock: Clock,
        disabling_takes_a_factor: bool,
    ) -> None:
        """Take what it works with, and whether a password alone may remove the factors."""
        self._factors = factors
        self._proof = proof
        self._events = events
        self._clock = clock
        self._disabling_takes_a_factor = disabling_takes_a_factor

    async def enable(
        self, signed_in: SignedIn, password: str, factor: Factor, issuer: str | None
    ) -> Enrolment | Refused:
        """Begin an enrolment, by password."""
        now = self._clock.now()

        async def work(tx: Tx, account: Account) -> Enrolment | Refused:
            staged = Entry(
                event=Event.ENROLMENT_BEGUN,
                user_id=account.id,
                client=signed_in.client,
                session_id=signed_in.session.id,
            )
            audit.record(tx, staged, now)
            if factor is Factor.OTP:
                return await self._begin_otp(tx, account, signed_in, now)
            uri = self._factors.totp.stage(tx, account.id, issuer, account.email, now)
            return Enrolment(await self._pending_codes(tx, account, now), totp_uri=uri)

        return await self._proof.act(signed_in, password, work)

    async def disable(self, signed_in: SignedIn, password: str) -> Refused | None:
        """Remove all factors, enrolments under way included, by password. Nothing to remove is no error."""
        user_id, now = signed_in.account.id, self._clock.now()
        if (
            self._disabling_takes_a_factor
            and signed_in.account.two_factor_enabled
            and not has_fresh_second_factor(signed_in.session, now)
        ):
            return Refused(ErrorCode.STEP_UP_REQUIRED)

        async def work(tx: Tx, account: Account) -> None:
            if not account.two_factor_enabled:
                self._events.withdraw_enrolment(tx, user_id)
                return
            keep, client = signed_in.session.id, signed_in.client
            await self._events.announce(tx, user_id, Change.FACTORS_REMOVED, client, keep=keep, now=now)

        return await self._proof.act(signed_in, password, work)

    async def _begin_otp(
        self, tx: Tx, account: Account, signed_in: SignedIn, now: Millis
    ) -> Enrolment | Refused:
        otp, keep = self._factors.otp, signed_in.session.id
        if await otp.is_enrolled(tx, account.id):
            # Nothing is left to confirm, so the new backup codes are in force at once.
            return Enrolment(await self._factors.backup_codes.issue(tx, account.id, State.ACTIVE, now))
        codes = await self._pending_codes(tx, account, now)
        if not account.email_verified:
            await otp.stage(tx, account.id, now)
            refused = await otp.post(tx, account, session_binding(keep), now)
            return refused or Enrolment(codes)
        await otp.enrol_at_once(tx, account.id, now)
        client = signed_in.client
        await self._events.announce(tx, account.id, Change.FACTOR_ADDED, client, keep=keep, now=now)
        return Enrolment(codes)

    async def _pending_codes(self, tx: Tx, account: Account, now: Millis) -> list[str]:
        return await self._factors.backup_codes.issue(tx, account.id, State.PENDING, now)
