"""The step-up policy (I11): one table of what each state-changing call requires of its session.

Level two means that a second factor or a backup code was verified in this session in the last ten minutes. A trusted
device replaces the factor at sign-in but does not count here (SP 800-63B-4 section 4.1, ASVS 7.5.1). Accounts without a
second factor need their password, if the call takes one. For accounts without a password, a passkey takes its place, one that
has verified its user in this session (docs/adr/0032). A test fails if a state-changing route is missing from the
table.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Generic, Protocol, TypeVar

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.sessions.model import AmrClass, Level
from athena_auth.sessions.rules import has_factor_of, has_fresh_second_factor, is_fresh
from athena_auth.store.transaction import Tx

T = TypeVar("T")

FRESH = 600
"""Seconds for which a verified second factor is recent."""


class Action(StrEnum):
    """The state-changing calls, by path."""

    SIGN_UP = "/sign-up/email"
    SIGN_IN = "/sign-in/email"
    SIGN_OUT = "/sign-out"
    REQUEST_PASSWORD_RESET = "/request-password-reset"
    RESET_PASSWORD = "/reset-password"
    SEND_VERIFICATION_EMAIL = "/send-verification-email"
    VERIFY_EMAIL = "/verify-email"
    CONFIRM_EMAIL = "/confirm-email"
    CHECK_RESET_TOKEN = "/check-reset-token"
    RECOGNIZE_BROWSER = "/recognize-browser"
    UPDATE_PROFILE = "/update-user"
    DELETE_ACCOUNT = "/delete-user"
    CHANGE_PASSWORD = "/change-password"
    REMOVE_PASSWORD = "/remove-password"
    SET_PASSWORD = "/set-password"
    CHANGE_EMAIL = "/change-email"
    UNDO_EMAIL_CHANGE = "/change-email/undo"
    REVOKE_SESSION = "/revoke-session"
    REVOKE_SESSIONS = "/revoke-sessions"
    REVOKE_OTHER_SESSIONS = "/revoke-other-sessions"
    ENABLE = "/two-factor/enable"
    DISABLE = "/two-factor/disable"
    ADD_AUTHENTICATOR = "/two-factor/add-authenticator"
    RENAME_AUTHENTICATOR = "/two-factor/rename-authenticator"
    REMOVE_AUTHENTICATOR = "/two-factor/remove-authenticator"
    SUSPEND_AUTHENTICATOR = "/two-factor/suspend-authenticator"
    RESUME_AUTHENTICATOR = "/two-factor/resume-authenticator"
    SET_PREFERRED_METHOD = "/two-factor/set-preferred-method"
    REVEAL_SECRET = "/two-factor/get-totp-uri"
    GENERATE_BACKUP_CODES = "/two-factor/generate-backup-codes"
    SEND_OTP = "/two-factor/send-otp"
    VERIFY_TOTP = "/two-factor/verify-totp"
    VERIFY_OTP = "/two-factor/verify-otp"
    VERIFY_BACKUP_CODE = "/two-factor/verify-backup-code"
    PROMPT_PASSKEY = "/two-factor/prompt-passkey"
    VERIFY_PASSKEY = "/two-factor/verify-passkey"
    BEGIN_RECOVERY = "/two-factor/recovery/begin"
    OPEN_RECOVERY = "/two-factor/recovery/open"
    CANCEL_RECOVERY = "/two-factor/recovery/cancel"
    COMPLETE_RECOVERY = "/two-factor/recovery/complete"
    REVOKE_TRUSTED_DEVICE = "/two-factor/revoke-trusted-device"
    REVOKE_TRUSTED_DEVICES = "/two-factor/revoke-trusted-devices"
    BEGIN_PASSKEY = "/passkey/generate-register-options"
    ADD_PASSKEY = "/passkey/verify-registration"
    BEGIN_PASSKEY_SIGN_IN = "/passkey/generate-authenticate-options"
    PASSKEY_SIGN_IN = "/passkey/verify-authentication"
    RENAME_PASSKEY = "/passkey/update-passkey"
    REMOVE_PASSKEY = "/passkey/delete-passkey"


class NewToken(Enum):
    """When a call rotates the session's token, so that a copy of the old one becomes invalid (ASVS 7.2.4)."""

    NEVER = auto()
    BY_COOKIE = auto()
    """Only for sessions by cookie. Bearer tokens stay valid, because scripts use one for several calls."""
    ALWAYS = auto()
    ENDS = auto()
    """Never, because the call may end the session."""


class Demand(msgspec.Struct, frozen=True):
    """The requirements of one call."""

    level: Level | None
    """None if no session is involved, or if the request itself authenticates the user."""
    fresh: int | None = None
    """The maximum number of seconds since the second factor was verified."""
    relaxable: bool = True
    """Whether the password alone suffices with ATHENA_STEP_UP=password."""
    new_token: NewToken = NewToken.NEVER
    takes_password: bool = False
    """Whether the request must contain the password. Of an account that has none, a passkey takes its place."""
    takes_passkey: bool = False
    """Whether a passkey must have verified its user in this session in the last ten minutes."""


_IN_THE_REQUEST = Demand(None)
_SESSION = Demand(Level.ONE)
_CREDENTIAL = Demand(Level.TWO, FRESH, new_token=NewToken.BY_COOKIE)
_WITH_PASSWORD = Demand(Level.TWO, FRESH, new_token=NewToken.BY_COOKIE, takes_password=True)
# In place of the password that is removed, or of the one that there is not.
_WITH_PASSKEY = Demand(Level.TWO, FRESH, relaxable=False, new_token=NewToken.ALWAYS, takes_passkey=True)
# These take no password, so a second factor is required whatever ATHENA_STEP_UP says. An attacker in a stolen session could
# otherwise leave the account with the factor that they have.
_ONE_OF_SEVERAL = Demand(Level.TWO, FRESH, relaxable=False, new_token=NewToken.BY_COOKIE)

POLICY = {
    Action.SIGN_UP: _IN_THE_REQUEST,
    Action.SIGN_IN: _IN_THE_REQUEST,
    Action.REQUEST_PASSWORD_RESET: _IN_THE_REQUEST,
    Action.RESET_PASSWORD: _IN_THE_REQUEST,
    Action.SEND_VERIFICATION_EMAIL: _IN_THE_REQUEST,
    # VERIFY_EMAIL checks for a session of the account itself; CONFIRM_EMAIL takes the password.
    Action.VERIFY_EMAIL: _IN_THE_REQUEST,
    Action.CONFIRM_EMAIL: _IN_THE_REQUEST,
    Action.CHECK_RESET_TOKEN: _IN_THE_REQUEST,
    Action.RECOGNIZE_BROWSER: _IN_THE_REQUEST,
    # BEGIN_RECOVERY takes a challenge; the others take the token of a link, and COMPLETE_RECOVERY the password too.
    Action.BEGIN_RECOVERY: _IN_THE_REQUEST,
    Action.OPEN_RECOVERY: _IN_THE_REQUEST,
    Action.CANCEL_RECOVERY: _IN_THE_REQUEST,
    Action.COMPLETE_RECOVERY: _IN_THE_REQUEST,
    # The request itself contains a code, also when it confirms a factor or trusts the device.
    Action.VERIFY_TOTP: _IN_THE_REQUEST,
    Action.VERIFY_OTP: _IN_THE_REQUEST,
    Action.VERIFY_BACKUP_CODE: _IN_THE_REQUEST,
    Action.SEND_OTP: _IN_THE_REQUEST,
    # The link was mailed to the old address; its owner may have no session, no password and no factor any more.
    Action.UNDO_EMAIL_CHANGE: _IN_THE_REQUEST,
    Action.PROMPT_PASSKEY: _IN_THE_REQUEST,
    Action.VERIFY_PASSKEY: _IN_THE_REQUEST,
    Action.BEGIN_PASSKEY_SIGN_IN: _IN_THE_REQUEST,
    Action.PASSKEY_SIGN_IN: _IN_THE_REQUEST,
    Action.SIGN_OUT: _SESSION,
    Action.UPDATE_PROFILE: _SESSION,
    Action.RENAME_PASSKEY: _SESSION,
    # Revoking trust only makes the next sign-in harder, and owners of a stolen laptop need it at once.
    Action.REVOKE_TRUSTED_DEVICE: _SESSION,
    Action.REVOKE_TRUSTED_DEVICES: _SESSION,
    Action.REVOKE_SESSION: Demand(Level.TWO, FRESH, new_token=NewToken.ENDS),
    Action.REVOKE_SESSIONS: Demand(Level.TWO, FRESH, new_token=NewToken.ENDS),
    Action.REVOKE_OTHER_SESSIONS: Demand(Level.TWO, FRESH),
    Action.DELETE_ACCOUNT: Demand(Level.TWO, FRESH, relaxable=False, new_token=NewToken.ENDS),
    # An attacker with the secret can generate codes for as long as it is active, unnoticed by the owner.
    Action.REVEAL_SECRET: Demand(Level.TWO, FRESH, relaxable=False, takes_password=True),
    Action.BEGIN_PASSKEY: Demand(Level.TWO, FRESH),
    # It answers the nonce of BEGIN_PASSKEY, which this session alone received: an attacker who has only a copy of the
    # session's token has not seen it.
    Action.ADD_PASSKEY: Demand(Level.ONE, new_token=NewToken.BY_COOKIE),
    Action.REMOVE_PASSKEY: _CREDENTIAL,
    # Neither changes what the account accepts.
    Action.RENAME_AUTHENTICATOR: _SESSION,
    Action.SET_PREFERRED_METHOD: _SESSION,
    Action.REMOVE_AUTHENTICATOR: _ONE_OF_SEVERAL,
    Action.SUSPEND_AUTHENTICATOR: _ONE_OF_SEVERAL,
    Action.RESUME_AUTHENTICATOR: _ONE_OF_SEVERAL,
    Action.ADD_AUTHENTICATOR: _WITH_PASSWORD,
    Action.ENABLE: _WITH_PASSWORD,
    Action.DISABLE: _WITH_PASSWORD,
    Action.GENERATE_BACKUP_CODES: _WITH_PASSWORD,
    # The address is where new passwords are requested, so it is a credential.
    Action.CHANGE_EMAIL: _CREDENTIAL,
    Action.CHANGE_PASSWORD: Demand(Level.TWO, FRESH, new_token=NewToken.ALWAYS, takes_password=True),
    Action.REMOVE_PASSWORD: _WITH_PASSKEY,
    Action.SET_PASSWORD: _WITH_PASSKEY,
}


class StepUpCredentials(msgspec.Struct, frozen=True):
    """The credentials of a request, in addition to its session."""

    password: str | None = None
    code: str | None = None
    """A code of any second factor of the account; verified only if the session lacks a recent factor."""

    def __repr__(self) -> str:
        return "StepUpCredentials(…)"


@dataclass(frozen=True, slots=True)
class Authorized(Generic[T]):
    """The call was allowed and performed."""

    outcome: T
    signed_in: SignedIn
    """The session after the call: it may have gained assurance and a new token."""


PASSWORD_MISSING = Refused(
    ErrorCode.VALIDATION_ERROR, Text("The password is missing. Send the password of the account.")
)
"""The refusal of a request without the password that it must contain."""

AuthorizedWork = Callable[[Tx, SignedIn], Awaitable[T | Refused]]
"""What the call does, in the transaction that checked the session, the password and the factor.

It receives the current account and session, already raised by the code."""


class StepUp(Protocol):
    """Enforces the policy on a call, and runs the call in the same transaction."""

    async def act(
        self, action: Action, signed_in: SignedIn, offered: StepUpCredentials, work: AuthorizedWork[T]
    ) -> Authorized[T] | Refused:
        """Run the work if the session and the offered credentials satisfy the policy.

        Returns:
            The work's outcome; or its refusal, or `STEP_UP_REQUIRED`, `INVALID_PASSWORD`, `INVALID_CODE`,
            `INVALID_BACKUP_CODE`, `ACCOUNT_TEMPORARILY_LOCKED`, `VALIDATION_ERROR`, `CONFLICT` or `UNAUTHORIZED`.
        """
        ...

    def is_due(self, action: Action, signed_in: SignedIn) -> bool:
        """Tell whether the action would now be refused without a code."""
        ...

    def is_passkey_due(self, action: Action, signed_in: SignedIn) -> bool:
        """Tell whether the action would now be refused until a passkey verifies its user in this session."""
        ...


def refuse_stale(
    step_up: StepUp, action: Action, signed_in: SignedIn, offered: StepUpCredentials, now: Millis
) -> Refused | None:
    """Refuse a call that has neither the password nor a recent proof in its session, which may be a stolen one.

    For calls whose password is optional, because existing clients send none. Where the policy requires a second factor,
    it says so itself, and verifies the code; elsewhere nothing looks at the code, so it is no proof.
    """
    if offered.password is not None or step_up.is_due(action, signed_in):
        return None
    session = signed_in.session
    # With ATHENA_STEP_UP=password the password replaces the second factor; having signed in by a trusted device does not.
    has_factor = signed_in.account.two_factor_enabled
    fresh = has_fresh_second_factor(session, now) if has_factor else is_fresh(session, now)
    return None if fresh else Refused(ErrorCode.STEP_UP_REQUIRED if has_factor else ErrorCode.SESSION_EXPIRED)


class Requirement(msgspec.Struct, frozen=True):
    """A minimum assurance level, how recently a factor must have been verified, and of which kind it must be."""

    level: Level = Level.ONE
    fresh: int | None = None
    """Seconds."""
    amr: AmrClass | None = None
    """The kind of second factor that must have been verified in the session."""


def unmet_requirement(signed_in: SignedIn, requirement: Requirement, now: Millis) -> ErrorCode | None:
    """Return the error that says what the caller must do first, or None when the session meets the requirement.

    A trusted device replaces the second factor at sign-in, but does not count as a recent verification: an attacker may
    be using the device.
    """
    session, has_factors = signed_in.session, signed_in.account.two_factor_enabled
    within = None if requirement.fresh is None else requirement.fresh * 1000
    kind = requirement.amr
    if requirement.level is Level.TWO or kind is not None:
        good = session.assurance.level is Level.TWO and (
            within is None or has_fresh_second_factor(session, now, within)
        )
        if good and (kind is None or has_factor_of(session, kind, within)):
            # A passkey with user verification is two factors, also where two-factor authentication is off.
            return None
        return ErrorCode.STEP_UP_REQUIRED if has_factors else ErrorCode.ENROLMENT_REQUIRED
    if within is None or is_fresh(session, now, within):
        return None
    return ErrorCode.STEP_UP_REQUIRED if has_factors else ErrorCode.SIGN_IN_AGAIN
