"""Who may sign up, and the values of a sign-up."""

from typing import Protocol

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.settings.values import SignUp
from athena_auth.store.transaction import Tx


class Registration(msgspec.Struct, frozen=True):
    """The input of a sign-up."""

    name: str
    email: str
    password: str
    image: str | None
    invite: str | None = None
    """The token of an invitation."""
    language: str | None = None
    """The language of the owner's mails (BCP 47), if the browser names one that is offered."""

    def __repr__(self) -> str:
        return "Registration(…)"


class SignUpPolicy(msgspec.Struct, frozen=True):
    """Who may sign up, and whether they must verify their address before they can sign in."""

    mode: SignUp
    requires_verified_email: bool


class VerificationAwaited(msgspec.Struct, frozen=True):
    """A sign-up without a session: its address must be verified first."""

    account: Account
    """The new account; if the address already has one, an account that was not stored and looks the same."""


class VerificationLinks(Protocol):
    """Sends the links that verify an address."""

    def post_verification(self, tx: Tx, account: Account, callback: str | None) -> None:
        """Put a link into the outbox, in the caller's transaction, which has counted the send.

        The first link of a new account is not counted. `callback` is the page that the link then leads to; it has been
        checked.
        """
        ...
