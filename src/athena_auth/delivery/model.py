"""What is to be said to whom, before it has words or headers."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec


class Channel(StrEnum):
    """The ways to a person."""

    MAIL = "mail"
    TEXT = "text"


class MessageKind(StrEnum):
    """The reasons to write to a person; the words of each are in `words`."""

    TWO_FACTOR_OTP = "two-factor-otp"
    EMAIL_VERIFICATION = "email-verification"
    PASSWORD_RESET = "password-reset"

    # News: what the owner should know because it may have been somebody else (I8).
    SECOND_FACTOR_REFUSED = "second-factor-refused"
    """The right password came with a wrong second factor."""
    SECOND_FACTOR_CLOSED = "second-factor-closed"
    """So many codes were wrong that no more are taken until the account is recovered."""
    FACTOR_ADDED = "factor-added"
    FACTOR_REPLACED = "factor-replaced"
    FACTORS_REMOVED = "factors-removed"
    FACTORS_RESET = "factors-reset"
    """The operator turned two-factor authentication off, as for somebody who has lost her phone."""
    BACKUP_CODE_USED = "backup-code-used"
    BACKUP_CODES_REPLACED = "backup-codes-replaced"
    DEVICE_TRUSTED = "device-trusted"
    PASSWORD_CHANGED = "password-changed"
    PASSWORD_WAS_RESET = "password-was-reset"
    ACCOUNT_LOCKED = "account-locked"
    """So many passwords or codes were wrong in a row that whoever tries has to wait."""
    CODE_REUSED = "code-reused"
    """A code that had been used was entered again in another browser."""
    SECRET_REVEALED = "secret-revealed"
    """The secret of the active authenticator app was shown."""
    DEVICE_TOKEN_REUSED = "device-token-reused"
    """A trusted device's token was shown by two browsers."""
    ACCOUNT_DELETED = "account-deleted"
    ACCOUNT_RECLAIMED = "account-reclaimed"
    """A password reset removed what was set up before the address was verified."""
    PASSWORDS_CLOSED = "passwords-closed"
    """So many passwords were wrong in a row that none is taken any more."""


class EventContext(msgspec.Struct, frozen=True):
    """When something happened, and who asked for it as far as a request tells.

    Attributes:
        at: Unix milliseconds.
        address: The IP address the request came from.
        user_agent: What the program that sent it calls itself: untrusted text.
    """

    at: int
    address: str
    user_agent: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person, a msgspec value so that an outbox can keep it as sealed bytes.

    Attributes:
        kind: Why the person is written to.
        to: The address, `local@domain`; internationalised addresses (RFC 6531) are allowed. For a text message
            the phone number (E.164).
        name: What the person is called, as they typed it: untrusted text.
        app_name: What the service is called by its operator.
        expires_at: Unix milliseconds; after this instant the message must not be delivered.
        code: A secret to type in; in no repr.
        url: A link that carries a token: as secret as a code, and in no repr either.
        valid_for: Seconds the code or the link was valid for when it was made.
        context: When and from where that happened which the message tells of.
        codes_left: How many backup codes are left, where one was used.
        channel: The way it goes; messages that older versions left in an outbox are mail.
    """

    kind: MessageKind
    to: str
    name: str
    app_name: str
    expires_at: int
    code: str | None = None
    url: str | None = None
    valid_for: int | None = None
    # Messages of earlier versions wait in the database under this name.
    context: EventContext | None = msgspec.field(default=None, name="circumstances")
    codes_left: int | None = None
    channel: Channel = Channel.MAIL

    def __repr__(self) -> str:
        return f"Message(kind={self.kind.value!r}, to={_masked(self.to)!r})"

    def __rich_repr__(self) -> Iterator[tuple[str, str]]:  # type: ignore[override]  # msgspec declares a list
        """Say as little as `__repr__`: msgspec's own lists every field, and rich's tracebacks print it."""
        yield "kind", self.kind.value
        yield "to", _masked(self.to)


def _masked(address: str) -> str:
    """Keep the first character and the domain, of a phone number nothing: too little to write to."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else "***"
