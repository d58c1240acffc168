"""TOTP as a second factor, and its enrolment. All methods run in the caller's transaction."""

import re
from collections.abc import Sequence

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.crypto import totp
from athena_auth.crypto.keys import UnreadableError
from athena_auth.factors.totp import rules
from athena_auth.factors.totp.rules import TotpDetails, details_of
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import (
    Authenticator,
    AuthenticatorState,
    all_active,
    all_confirmed,
    pending,
)
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
    authenticator_id: str
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

    async def is_available(self, _tx: Tx, _account: Account, enrolled: Sequence[Authenticator]) -> bool:
        """Tell whether an app is active."""
        return bool(all_active(enrolled, self.name))

    async def count(self, tx: Tx, user_id: UserId) -> int:
        """Return the number of active apps."""
        return len(all_active(await authenticators.load(tx, user_id), self.name))

    async def verify(self, tx: Tx, attempt: Attempt[str]) -> Verified | Refused | Used:
        """Verify a code of any of the account's apps. If it may confirm an enrolment, one of the pending app does so."""
        loaded = await authenticators.load(tx, attempt.user_id)
        apps = all_active(loaded, self.name)
        enrolled = pending(loaded, self.name, attempt.now) if attempt.confirms else None
        if not apps and enrolled is None:
            return Refused(ErrorCode.TOTP_NOT_ENABLED)
        if enrolled is not None and (step := self._matching_step(enrolled, attempt)) is not None:
            return await self._confirm(tx, enrolled, all_confirmed(loaded, self.name), step, attempt)
        matches = self._matches(apps, attempt)
        if matches:
            return await self._use(tx, matches, attempt)
        return self._refusal(enrolled, attempt)

    async def _confirm(
        self, tx: Tx, enrolled: Authenticator, others: list[Authenticator], step: int, attempt: Attempt[str]
    ) -> Verified | Refused:
        """Activate a pending app, in place of the others or beside them."""
        adds = details_of(enrolled.details).adds
        if adds and len(others) >= authenticators.MOST:
            # Counted again: another one may have been confirmed since this enrolment was begun.
            return Refused(ErrorCode.TOO_MANY_AUTHENTICATORS)
        replaced = () if adds else others
        change = await authenticators.confirm(
            tx, enrolled, replaced, attempt.browser, attempt.now, counter=step
        )
        if change is None:
            return Refused(ErrorCode.INVALID_CODE)
        return Verified(self.name, Amr.TOTP, change, authenticator_id=enrolled.id)

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

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun | Refused:
        """Create a secret that stays pending until a code confirms it."""
        parameters, options = self._parameters, request.options
        if options.adds:
            loaded = await authenticators.load(tx, request.account.id)
            if len(all_confirmed(loaded, self.name)) >= authenticators.MOST:
                return Refused(ErrorCode.TOO_MANY_AUTHENTICATORS)
        secret = totp.new_secret(parameters.algorithm)
        details = TotpDetails(
            options.issuer or self._issuer,
            parameters.algorithm,
            parameters.digits,
            parameters.period,
            options.adds,
        )
        unsealed = Authenticator(
            id=new_id(request.now),
            user_id=request.account.id,
            factor=self.name,
            label=options.label,
            details=msgspec.json.encode(details).decode(),
            created_at=request.now,
        )
        sealed = self._keyring.seal(secret, unsealed.context)
        await authenticators.begin_enrolment(tx, unsealed.with_sealed(sealed))
        uri = _uri(secret, details, request.account.email)
        return EnrolmentBegun(EnrolmentState.PENDING, {"totpURI": uri}, authenticator_id=unsealed.id)

    async def uri(self, tx: Tx, user_id: UserId, account_name: str, now: Millis) -> RevealedSecret | None:
        """Return the `otpauth` URI of the pending app, otherwise of the active one, the newest if there are several."""
        loaded = await authenticators.load(tx, user_id)
        newest = max(all_active(loaded, self.name), key=lambda app: (app.created_at, app.id), default=None)
        shown = pending(loaded, self.name, now) or newest
        if shown is None:
            return None
        uri = _uri(self._secret(shown), details_of(shown.details), account_name)
        return RevealedSecret(uri, shown.id, is_active=shown.state is AuthenticatorState.ACTIVE)

    def _matches(self, apps: list[Authenticator], attempt: Attempt[str]) -> list[tuple[Authenticator, int]]:
        """Return the apps that show this code, with its time step in each; the order is that in which rows are locked.

        Raises:
            UnreadableError: no app shows it, and no configured secret reads at least one of them.
        """
        matches: list[tuple[Authenticator, int]] = []
        unreadable: UnreadableError | None = None
        for app in sorted(apps, key=lambda app: app.id):
            try:
                step = self._matching_step(app, attempt)
            except UnreadableError as error:
                unreadable = error
                continue
            if step is not None:
                matches.append((app, step))
        if not matches and unreadable is not None:
            raise unreadable
        return matches

    async def _use(
        self, tx: Tx, matches: list[tuple[Authenticator, int]], attempt: Attempt[str]
    ) -> Verified | Used:
        """Consume the time step of a correct code, and with it all earlier steps (RFC 6238 section 5.2).

        If several apps show the code, it is consumed in each and must be unused in each. Otherwise an attacker who has
        seen a code being used could submit it again as that of another app.
        """
        browser = attempt.browser
        used = [
            app
            for app, step in matches
            if not await authenticators.advance(tx, app.id, step, browser, attempt.now)
        ]
        if used:
            elsewhere = [await authenticators.is_reuse_elsewhere(tx, app.id, browser) for app in used]
            return Used(Refused(ErrorCode.INVALID_CODE), any(elsewhere))
        app, _ = matches[0]
        if not self._keyring.is_current_seal(app.sealed_data):
            sealed = self._keyring.seal(self._secret(app), app.context)
            await authenticators.reseal(tx, app.id, sealed)
        return Verified(self.name, Amr.TOTP, authenticator_id=app.id)

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
