"""The step-up policy (I11): what a call that changes something demands of the session it is made in, in one table.

Level two means a second factor, or a backup code, that was verified in this session within the last ten minutes. A trusted
device stands in for the factor at sign-in and proves nothing here (SP 800-63B-4 section 4.1, ASVS 7.5.1). Accounts
without a second factor are asked for their password, where the call takes one. A test fails while a route that
changes something is missing from the table.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Generic, Protocol, TypeVar

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.outcome import Refused
from athena_auth.sessions.model import Level
from athena_auth.store.transaction import Tx

T = TypeVar("T")

FRESH = 600
"""Seconds for which a verified second factor is recent."""


class Action(StrEnum):
    """A call that changes something, by its path."""

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
    REVOKE_SESSION = "/revoke-session"
    REVOKE_SESSIONS = "/revoke-sessions"
    REVOKE_OTHER_SESSIONS = "/revoke-other-sessions"
    ENABLE = "/two-factor/enable"
    DISABLE = "/two-factor/disable"
    REVEAL_SECRET = "/two-factor/get-totp-uri"
    GENERATE_BACKUP_CODES = "/two-factor/generate-backup-codes"
    SEND_OTP = "/two-factor/send-otp"
    VERIFY_TOTP = "/two-factor/verify-totp"
    VERIFY_OTP = "/two-factor/verify-otp"
    VERIFY_BACKUP_CODE = "/two-factor/verify-backup-code"
    REVOKE_TRUSTED_DEVICE = "/two-factor/revoke-trusted-device"
    REVOKE_TRUSTED_DEVICES = "/two-factor/revoke-trusted-devices"


class NewToken(Enum):
    """Whose session gets a new token, so that a copy of the old one ends with the change (ASVS 7.2.4)."""

    NEVER = auto()
    BY_COOKIE = auto()
    """Sessions that travel as a cookie; bearer tokens stay, since scripts use one for several calls."""
    ALWAYS = auto()
    ENDS = auto()
    """Nobody's: the session may end with the call."""


class Demand(msgspec.Struct, frozen=True):
    """What one call demands."""

    level: Level | None
    """None where no session is involved, or where the request itself carries the proof."""
    fresh: int | None = None
    """Seconds since the second factor was verified, at most."""
    relaxable: bool = True
    """Whether ATHENA_STEP_UP=password lets the password alone suffice."""
    new_token: NewToken = NewToken.NEVER


_IN_THE_REQUEST = Demand(None)
_SESSION = Demand(Level.ONE)
_CREDENTIAL = Demand(Level.TWO, FRESH, new_token=NewToken.BY_COOKIE)

POLICY = {
    Action.SIGN_UP: _IN_THE_REQUEST,
    Action.SIGN_IN: _IN_THE_REQUEST,
    Action.REQUEST_PASSWORD_RESET: _IN_THE_REQUEST,
    Action.RESET_PASSWORD: _IN_THE_REQUEST,
    Action.SEND_VERIFICATION_EMAIL: _IN_THE_REQUEST,
    # A session of the account or, for the other, its password.
    Action.VERIFY_EMAIL: _IN_THE_REQUEST,
    Action.CONFIRM_EMAIL: _IN_THE_REQUEST,
    Action.CHECK_RESET_TOKEN: _IN_THE_REQUEST,
    Action.RECOGNIZE_BROWSER: _IN_THE_REQUEST,
    # The code in the request is the proof, for confirming a factor and for trusting the device too.
    Action.VERIFY_TOTP: _IN_THE_REQUEST,
    Action.VERIFY_OTP: _IN_THE_REQUEST,
    Action.VERIFY_BACKUP_CODE: _IN_THE_REQUEST,
    Action.SEND_OTP: _IN_THE_REQUEST,
    Action.SIGN_OUT: _SESSION,
    Action.UPDATE_PROFILE: _SESSION,
    # Ending trust only makes the next sign-in harder, and is what the owner of a stolen laptop needs at once.
    Action.REVOKE_TRUSTED_DEVICE: _SESSION,
    Action.REVOKE_TRUSTED_DEVICES: _SESSION,
    Action.REVOKE_SESSION: Demand(Level.TWO, FRESH, new_token=NewToken.ENDS),
    Action.REVOKE_SESSIONS: Demand(Level.TWO, FRESH, new_token=NewToken.ENDS),
    Action.REVOKE_OTHER_SESSIONS: Demand(Level.TWO, FRESH),
    Action.DELETE_ACCOUNT: Demand(Level.TWO, FRESH, relaxable=False, new_token=NewToken.ENDS),
    # A revealed secret makes codes for as long as it is in force, and its owner sees nothing of that.
    Action.REVEAL_SECRET: Demand(Level.TWO, FRESH, relaxable=False),
    Action.ENABLE: _CREDENTIAL,
    Action.DISABLE: _CREDENTIAL,
    Action.GENERATE_BACKUP_CODES: _CREDENTIAL,
    Action.CHANGE_PASSWORD: Demand(Level.TWO, FRESH, new_token=NewToken.ALWAYS),
}


class Offered(msgspec.Struct, frozen=True):
    """What a request carries to prove who makes it, beside the session."""

    password: str | None = None
    code: str | None = None
    """A code of any second factor of the account, looked at only where the session lacks a recent one."""

    def __repr__(self) -> str:
        return "Offered(…)"


@dataclass(frozen=True, slots=True)
class Authorized(Generic[T]):
    """The call was allowed and done."""

    outcome: T
    signed_in: SignedIn
    """The session as it is now: it may have gained assurance and have a new token."""


AuthorizedWork = Callable[[Tx, SignedIn], Awaitable[T | Refused]]
"""What the call does, in the transaction that made sure of the session, the password and the factor.

It is given the account and the session as they are now, raised by the code that was offered."""


class StepUp(Protocol):
    """Holds a call to the policy, and runs it in the same transaction."""

    async def act(
        self, action: Action, signed_in: SignedIn, offered: Offered, work: AuthorizedWork[T]
    ) -> Authorized[T] | Refused:
        """Run the work if what stands behind the session and what is offered satisfy the policy.

        Returns:
            The work's outcome; or its refusal, or `STEP_UP_REQUIRED`, `INVALID_PASSWORD`, `INVALID_CODE`,
            `INVALID_BACKUP_CODE`, `ACCOUNT_TEMPORARILY_LOCKED`, `CONFLICT` or `UNAUTHORIZED`.
        """
        ...
