"""The outcome of a second step."""

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.sessions.model import Session


class SecondFactorResult(msgspec.Struct, frozen=True):
    """A second factor was verified, and the session it opened or raised."""

    session: Session
    token: str
    """The session's token; another one than before where the session gained assurance by cookie."""
    account: Account
    trust_token: str | None
    """Set when the device is trusted from now on."""
    codes_left: int | None = None
    """Backup codes that are left, when one was used."""
    callback_url: str | None = None
    """Where the browser goes on, for a sign-in with a `callbackURL`."""

    def __repr__(self) -> str:
        return f"Passed({self.account.id})"
