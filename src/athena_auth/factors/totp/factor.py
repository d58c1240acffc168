"""TOTP as a second factor, and its enrolment. All methods run in the caller's transaction."""

import re

import msgspec

from athena_auth import authenticators
from athena_auth.accounts.model import Account
from athena_auth.authenticators import Authenticator, AuthenticatorState, active, pending
from athena_auth.crypto import totp
from athena_auth.factors.totp import rules
from athena_auth.factors.totp.rules import TotpDetails, details_of
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.kernel.texts import Text
from athena_auth.mfa.factor import (
    Attempt,
    EnrolmentBegun,
    EnrolmentOptions,
    EnrolmentRequest,
    EnrolmentState,
    FactorParts,
    RawResponse,
    Used,
    Verified,
    read_code,
)
from athena_auth.mfa.model import Change, FactorName
from athena_auth.sessions.model import Amr
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_CODE = re.compile(r"[0-9]{6,8}")
"""Authenticators that were enrolled under another setting keep their number of digits."""
_MALFORMED = Text("This is not a code of an authenticator app. Enter the digits that the app shows.")


class RevealedSecret(msgspec.Struct, frozen=True):
    """The `otpauth` URI of an authenticator; it contains the secret."""

    uri: str
    is_active: bool
    """Whether the authenticator is active, rather than pending."""

    def __repr__(self) -> str:
        return "RevealedSecret(…)"


class Totp:
    """Verifies the codes of authenticator apps."""

    name: str = FactorName.TOTP
    code_name = "code of an authenticator app"
    is_throttled = True
    sweeps: tuple[Statement, ...] = ()

    def __init__(self, parts: FactorParts) -> None:
        self._keyring = parts.keyring
        self._issuer = parts.settings.app_name
        self._parameters = parts.settings.totp_parameters
        self._window = parts.settings.totp_window

    def parse(self, response: RawResponse) -> str | Refused:
        """Return the digits; refuse what cannot be a code of an authenticator app."""
        return read_code(response, _CODE) or Refused(ErrorCode.INVALID_CODE, _MALFORMED)

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether an authenticator is active."""
        return active(await authenticators.load(tx, account.id), self.name) is not None

    async def verify(self, tx: Tx, attempt: Attempt[str]) -> Verified | Refused | Used:
        """Verify a code. If the attempt may confirm an enrolment, a code of the pending authenticator does so."""
        loaded = await authenticators.load(tx, attempt.user_id)
        current = active(loaded, self.name)
        enrolled = pending(loaded, self.name, attempt.now) if attempt.confirms else None
        if current is None and enrolled is None:
            return Refused(ErrorCode.TOTP_NOT_ENABLED)
        if enrolled is not None and (step := self._matching_step(enrolled, attempt)) is not None:
            change = await authenticators.confirm(
                tx, enrolled, current, attempt.browser, attempt.now, counter=step
            )
            return (
                Refused(ErrorCode.INVALID_CODE) if change is None else Verified(self.name, Amr.TOTP, change)
            )
        if current is not None and (step := self._matching_step(current, attempt)) is not None:
            return await self._use(tx, current, step, attempt)
        return self._refusal(enrolled, attempt)

    def credentials_changed(self, _change: Change) -> tuple[Statement, ...]:
        """Return nothing: an app has no data apart from its authenticator."""
        return ()

    def validate(self, options: EnrolmentOptions) -> Refused | None:
        """Refuse a phone number."""
        if options.phone_number is None:
            return None
        return Refused(
            ErrorCode.VALIDATION_ERROR,
            Text("`phoneNumber` is valid only with the method `otp`. Leave it out, or use that method."),
        )

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether there is an authenticator that a code has yet to confirm."""
        return pending(await authenticators.load(tx, user_id), self.name, now) is not None

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun:
        """Create a secret that stays pending until a code confirms it."""
        parameters = self._parameters
        secret = totp.new_secret(parameters.algorithm)
        details = TotpDetails(
            request.options.issuer or self._issuer,
            parameters.algorithm,
            parameters.digits,
            parameters.period,
        )
        unsealed = Authenticator(
            id=new_id(request.now),
            user_id=request.account.id,
            factor=self.name,
            details=msgspec.json.encode(details).decode(),
            created_at=request.now,
        )
        sealed = self._keyring.seal(secret, unsealed.context)
        await authenticators.begin_enrolment(tx, unsealed.with_sealed(sealed))
        uri = _uri(secret, details, request.account.email)
        return EnrolmentBegun(EnrolmentState.PENDING, {"totpURI": uri})

    async def uri(self, tx: Tx, user_id: UserId, account_name: str, now: Millis) -> RevealedSecret | None:
        """Return the `otpauth` URI of the pending authenticator, otherwise of the active one."""
        loaded = await authenticators.load(tx, user_id)
        shown = pending(loaded, self.name, now) or active(loaded, self.name)
        if shown is None:
            return None
        uri = _uri(self._secret(shown), details_of(shown.details), account_name)
        return RevealedSecret(uri, is_active=shown.state is AuthenticatorState.ACTIVE)

    async def _use(
        self, tx: Tx, authenticator: Authenticator, step: int, attempt: Attempt[str]
    ) -> Verified | Used:
        """Consume the time step of a correct code, and with it all earlier steps (RFC 6238 section 5.2)."""
        if not await authenticators.advance(tx, authenticator.id, step, attempt.browser, attempt.now):
            elsewhere = await authenticators.is_reuse_elsewhere(tx, authenticator.id, attempt.browser)
            return Used(Refused(ErrorCode.INVALID_CODE), elsewhere)
        if not self._keyring.is_current_seal(authenticator.sealed_data):
            secret = self._secret(authenticator)
            await authenticators.reseal(
                tx, authenticator.id, self._keyring.seal(secret, authenticator.context)
            )
        return Verified(self.name, Amr.TOTP)

    def _refusal(self, enrolled: Authenticator | None, attempt: Attempt[str]) -> Refused:
        """Refuse a code. At enrolment, tell the user if the code is correct for another time: their clock is off.

        At sign-in this would be an oracle that confirms forty codes instead of three. At enrolment the user has the
        secret anyway.
        """
        if enrolled is not None:
            parameters = details_of(enrolled.details).parameters
            steps = rules.near_steps(parameters, attempt.now, self._window)
            step = totp.latest_match(self._secret(enrolled), parameters, attempt.response, steps)
            if step is not None:
                return rules.refuse_out_of_time(step, attempt.now, parameters)
        return Refused(ErrorCode.INVALID_CODE)

    def _matching_step(self, authenticator: Authenticator, attempt: Attempt[str]) -> int | None:
        secret, parameters = self._secret(authenticator), details_of(authenticator.details).parameters
        return totp.matching_step(secret, parameters, attempt.response, attempt.now, self._window)

    def _secret(self, authenticator: Authenticator) -> bytes:
        return self._keyring.unseal(authenticator.sealed_data, authenticator.context)


def _uri(secret: bytes, details: TotpDetails, account_name: str) -> str:
    return totp.otpauth_uri(secret, details.parameters, issuer=details.issuer, account=account_name)
