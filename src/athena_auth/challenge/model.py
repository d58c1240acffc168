"""Values of the second step."""

from enum import StrEnum

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId


class FactorName(StrEnum):
    """The second factors, as clients call them."""

    # Those that come with the server. A host may add others, so a factor's name is a `str` everywhere else.

    TOTP = "totp"
    OTP = "otp"
    BACKUP_CODE = "backup-code"


class Challenge(msgspec.Struct, frozen=True):
    """A sign-in that waits for its second factor."""

    token_digest: bytes
    user_id: UserId
    attempts: int
    persistent: bool
    """Whether the session it leads to is to be remembered."""
    recognized: bool
    """Whether it was issued to a browser that has signed in to this account before."""
    callback_url: str | None
    """Where the browser goes on when the sign-in is complete."""
    created_at: Millis
    expires_at: Millis


class PendingSignIn(msgspec.Struct, frozen=True):
    """Somebody in the middle of a sign-in."""

    account: Account
    attempts: int
    """Codes tried on the challenge so far."""
    recognized: bool
    """As in `Challenge`."""


class ChallengeIssued(msgspec.Struct, frozen=True):
    """A second factor is due: the challenge's token and the methods that answer it."""

    token: str
    methods: tuple[str, ...]
    expires_in: int
    """Seconds."""
    device_is_dead: bool = False
    """Whether the browser has shown a trust token that opens nothing any more, for nobody."""

    def __repr__(self) -> str:
        return f"Challenged({', '.join(self.methods)})"


class Change(StrEnum):
    """What happened to an account's credentials (I5)."""

    PASSWORD_CHANGED = "password-changed"
    """By its owner, who knew the old one."""
    PASSWORD_RESET = "password-reset"
    """By somebody who reads mail at the account's address."""
    ACCOUNT_RECLAIMED = "account-reclaimed"
    """By the same, of an account whose address nobody had verified: what was set up before is not theirs."""
    FACTOR_ADDED = "factor-added"
    FACTOR_REPLACED = "factor-replaced"
    FACTORS_REMOVED = "factors-removed"
    """By the owner."""
    FACTORS_RESET = "factors-reset"
    """By an operator, for an owner who has lost them."""

    @property
    def replaces_password(self) -> bool:
        """Whether the password is another one now, and what was begun by the old one is void."""
        return self in {Change.PASSWORD_CHANGED, Change.PASSWORD_RESET, Change.ACCOUNT_RECLAIMED}

    @property
    def removes_factors(self) -> bool:
        """Whether no second factor is left."""
        return self in {Change.FACTORS_REMOVED, Change.FACTORS_RESET, Change.ACCOUNT_RECLAIMED}
