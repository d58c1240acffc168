"""The result of a verified second factor."""

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.sessions.model import Session


class SecondFactorResult(msgspec.Struct, frozen=True):
    """A second factor was verified: the session that was created or raised."""

    session: Session
    token: str
    """The session's token. It is new if the session was created, or was raised in a browser by cookie."""
    account: Account
    trust_token: str | None
    """The trust token, if the device became trusted."""
    codes_left: int | None = None
    """The number of backup codes left, if one was used."""
    callback_url: str | None = None
    """The page to open next, if the sign-in had a `callbackURL`."""

    def __repr__(self) -> str:
        return f"SecondFactorResult({self.account.id})"
