"""Passkeys as a second factor, and their enrolment. All methods run in the caller's transaction."""

import secrets
from collections.abc import Sequence

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.factors.passkeys import ceremonies, sql
from athena_auth.factors.passkeys.model import (
    AssertionResponse,
    PendingDetails,
    RegistrationResponse,
    UserVerification,
    passkey_of,
)
from athena_auth.factors.passkeys.names import default_name
from athena_auth.factors.passkeys.registration import (
    add,
    refuse_kind,
    refuse_more,
    usable_passkeys_of,
)
from athena_auth.factors.passkeys.responses import read_credential
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import Authenticator, all_active, all_confirmed, pending
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
)
from athena_auth.mfa.model import Change, FactorName
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

MALFORMED = Text(
    "This is not the response of a passkey. Send what `navigator.credentials` returned, as JSON."
)
_NONCE_BYTES = 32

PasskeyResponse = RegistrationResponse | AssertionResponse


def new_nonce() -> bytes:
    """Return a nonce for the owner of a challenge or a session."""
    return secrets.token_bytes(_NONCE_BYTES)


class Passkeys:
    """Verifies what authenticators sign. Only the authenticator can, so a stranger's attempts block nobody."""

    name: str = FactorName.PASSKEY
    code_name = "passkey"
    is_throttled = False
    has_nonce = True
    sweeps: tuple[Statement, ...] = (sql.SWEEP,)

    def __init__(self, parts: FactorParts) -> None:
        self.site = ceremonies.relying_party_of(parts.settings)

    def parse(self, response: RawResponse) -> PasskeyResponse | Refused:
        """Return the response; refuse what no authenticator makes."""
        read = read_credential(response) if isinstance(response, dict) else None
        return Refused(ErrorCode.VALIDATION_ERROR, MALFORMED) if read is None else read

    async def is_available(self, _tx: Tx, _account: Account, enrolled: Sequence[Authenticator]) -> bool:
        """Tell whether the account has a passkey."""
        return bool(all_active(enrolled, self.name))

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether there is an enrolment that a new passkey has yet to confirm."""
        return pending(await authenticators.load(tx, user_id), self.name, now) is not None

    async def prompt(self, tx: Tx, request: PromptRequest) -> Prompted | Refused:
        """Return the options for using one of the account's passkeys."""
        passkeys = await usable_passkeys_of(tx, request.account.id)
        if not passkeys:
            return Refused(ErrorCode.PASSKEY_NOT_FOUND, Text("This account has no passkey. Add one first."))
        nonce = new_nonce()
        options = ceremonies.authentication_options(self.site, passkeys, nonce, _user_verification(request))
        return Prompted(options, nonce)

    async def verify(self, tx: Tx, attempt: Attempt[PasskeyResponse]) -> Verified | Refused | Used:
        """Verify the use of a passkey, or a new passkey that confirms an enrolment."""
        if isinstance(attempt.response, RegistrationResponse):
            return await self._confirm(tx, attempt, attempt.response)
        return await self._use(tx, attempt, attempt.response)

    def credentials_changed(self, _change: Change) -> tuple[Statement, ...]:
        """Return nothing: a passkey has no data apart from its authenticator."""
        return ()

    def validate(self, options: EnrolmentOptions) -> Refused | None:
        """Refuse a phone number."""
        if options.phone_number is None:
            return None
        return Refused(
            ErrorCode.VALIDATION_ERROR,
            Text("`phoneNumber` is valid only with the method `otp`. Leave it out, or use that method."),
        )

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun | Refused:
        """Return the options for making a passkey, which then confirms the enrolment.

        If the account has passkeys that sign in by themselves, and no second factor yet, these become it at once: their
        owner has used them before, and an authenticator that has one would not make another. With an enrolment token
        a new one must confirm it, because that completes a sign-in.
        """
        account, now = request.account, request.now
        loaded = await authenticators.load(tx, account.id)
        existing = [passkey_of(each) for each in all_confirmed(loaded, self.name)]
        is_usable = bool(all_active(loaded, self.name))
        if is_usable and not account.two_factor_enabled and not request.must_be_confirmed:
            return EnrolmentBegun(EnrolmentState.CONFIRMED)
        refused = refuse_more(existing)
        if refused is not None:
            return refused
        nonce = new_nonce()
        new = Authenticator(
            id=new_id(now),
            user_id=account.id,
            factor=self.name,
            label=request.options.label,
            details=msgspec.json.encode(PendingDetails(nonce)).decode(),
            created_at=now,
        )
        await authenticators.begin_enrolment(tx, new)
        options = ceremonies.registration_options(self.site, account, existing, nonce, None)
        return EnrolmentBegun(EnrolmentState.PENDING, {"options": options}, nonce=nonce)

    async def _confirm(
        self, tx: Tx, attempt: Attempt[PasskeyResponse], response: RegistrationResponse
    ) -> Verified | Refused:
        """Add a new passkey to the account whose pending enrolment it answers.

        The nonce must be the enrolment's own. Otherwise an attacker in another session of the owner, who has not stepped
        up, would prompt there and confirm the owner's enrolment with an authenticator of their own.
        """
        loaded = await authenticators.load(tx, attempt.user_id)
        begun = pending(loaded, self.name, attempt.now) if attempt.confirms else None
        nonce = attempt.nonce or b""
        if begun is None or msgspec.json.decode(begun.details, type=PendingDetails).nonce != nonce:
            return Refused(ErrorCode.FAILED_TO_VERIFY_REGISTRATION)
        registered = ceremonies.verify_registration(self.site, response, nonce)
        if registered is None:
            return Refused(ErrorCode.FAILED_TO_VERIFY_REGISTRATION)
        aaguid = registered.details.aaguid
        refused = refuse_kind(aaguid, self.site.aaguids)
        if refused is not None:
            return refused
        name = begun.label or default_name(aaguid, "")
        passkey = await add(tx, attempt.user_id, registered, name, attempt.now, begun)
        if isinstance(passkey, Refused):
            return passkey
        return Verified(self.name, passkey.amr, Change.FACTOR_ADDED, authenticator_id=passkey.id)

    async def _use(
        self, tx: Tx, attempt: Attempt[PasskeyResponse], response: AssertionResponse
    ) -> Verified | Refused:
        loaded = all_active(await authenticators.load(tx, attempt.user_id), self.name)
        found = next((each for each in loaded if each.credential_id == response.credential_id), None)
        if found is None:
            return Refused(ErrorCode.AUTHENTICATION_FAILED)
        passkey = passkey_of(found)
        asserted = ceremonies.verify_assertion(self.site, passkey, response, attempt.nonce or b"")
        if asserted is None or not await sql.record_use(tx, passkey, asserted, attempt.browser, attempt.now):
            return Refused(ErrorCode.AUTHENTICATION_FAILED)
        return Verified(
            self.name,
            passkey.amr,
            authenticator_id=passkey.id,
            user_verified=asserted.user_verified,
            count_decreased=asserted.count_decreased,
        )


def _user_verification(request: PromptRequest) -> UserVerification:
    """Return what the authenticator is asked for.

    After a password it need not verify its user: the password is the other factor. In a session it does if it can, since that
    can take the place of a password, and it must where there is none.
    """
    if not request.account.has_password:
        return "required"
    return "preferred" if request.binding.signed_in else "discouraged"


def verifies_its_user(authenticator: Authenticator) -> bool:
    """Tell whether this is a passkey that signs in by itself: it verified its user when it was made."""
    return authenticator.factor == FactorName.PASSKEY and passkey_of(authenticator).details.user_verified
