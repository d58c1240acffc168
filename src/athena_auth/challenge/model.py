"""Values of challenges and second factors."""

from enum import StrEnum

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId


class FactorName(StrEnum):
    """The second factors, by their names on the wire."""

    # Those that come with the server. A host may add others, so a factor's name is a `str` everywhere else.

    TOTP = "totp"
    OTP = "otp"
    BACKUP_CODE = "backup-code"


class Challenge(msgspec.Struct, frozen=True):
    """A sign-in whose second factor has not been verified yet."""

    token_digest: bytes
    user_id: UserId
    attempts: int
    persistent: bool
    """Whether the session's cookie will outlive the browser ("remember me")."""
    recognized: bool
    """Whether it was issued to a recognized browser of this account."""
    callback_url: str | None
    """The page to open after the sign-in."""
    created_at: Millis
    expires_at: Millis


class PendingSignIn(msgspec.Struct, frozen=True):
    """The account of a challenge, and the state of the challenge."""

    account: Account
    attempts: int
    """Attempts on the challenge so far."""
    recognized: bool
    """As in `Challenge`."""


class ChallengeIssued(msgspec.Struct, frozen=True):
    """A second factor is required: the challenge's token and the available factors."""

    token: str
    methods: tuple[str, ...]
    expires_in: int
    """Seconds."""
    device_is_dead: bool = False
    """Whether the browser presented a trust token that is valid for no account."""

    def __repr__(self) -> str:
        return f"ChallengeIssued({', '.join(self.methods)})"


class Change(StrEnum):
    """A change of an account's credentials (I5)."""

    PASSWORD_CHANGED = "password-changed"
    """By the owner, with the old password."""
    PASSWORD_RESET = "password-reset"
    """With a link from an email to the account's address."""
    ACCOUNT_RECLAIMED = "account-reclaimed"
    """The same, where the address had not been verified: factors that were set up before may be an attacker's."""
    FACTOR_ADDED = "factor-added"
    FACTOR_REPLACED = "factor-replaced"
    FACTORS_REMOVED = "factors-removed"
    """By the owner."""
    FACTORS_RESET = "factors-reset"
    """By an operator, for an owner who has lost their factors."""

    @property
    def replaces_password(self) -> bool:
        """Whether the password is replaced, which invalidates everything that was begun with the old one."""
        return self in {Change.PASSWORD_CHANGED, Change.PASSWORD_RESET, Change.ACCOUNT_RECLAIMED}

    @property
    def removes_factors(self) -> bool:
        """Whether no second factor is left."""
        return self in {Change.FACTORS_REMOVED, Change.FACTORS_RESET, Change.ACCOUNT_RECLAIMED}
