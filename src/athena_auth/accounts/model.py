"""An account, and somebody signed in to it."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.sessions.model import Session
from athena_auth.wire.caller import ClientInfo
from athena_auth.wire.route import SessionOwner


class Account(msgspec.Struct, frozen=True):
    """A person's account, without anything secret."""

    id: UserId
    email: str
    email_verified: bool
    name: str
    image: str | None
    two_factor_enabled: bool
    reset_by_mail: bool
    """Whether the password was set through the mailbox, and no factor but the mailbox has been proven since."""
    password_changed_at: Millis
    """When the present password was set; 0 for one that was set before this was recorded."""
    created_at: Millis
    updated_at: Millis

    @property
    def greeting_name(self) -> str:
        """The name to greet by in a mail, or nothing while nobody has verified the address.

        Anybody can sign up with a stranger's address and with an advertisement for a name.
        """
        return self.name if self.email_verified else ""


class SignedIn(SessionOwner, frozen=True):
    """The owner of a live session: the principal of every request that needs one."""

    session: Session
    account: Account
    token: str
    """The session token as the caller showed it."""
    client: ClientInfo
    """Where this request comes from."""
    by_cookie: bool = False
    """Whether the token came as a cookie, which is replaced when the session gains assurance."""
    was_extended: bool = False
    """Whether this request moved the session's expiry on, so that its cookie must be sent again."""

    def __repr__(self) -> str:
        return f"SignedIn({self.account.id})"


class CredentialVersion(msgspec.Struct, frozen=True):
    """The state of an account's credentials at the moment a password was checked against them.

    Checking takes tens of milliseconds outside any transaction. Whoever acts on the result must `lock_if_current` this
    version in the transaction that acts: a password that was changed in between proves nothing any more.
    """

    user_id: UserId
    number: int
