"""Messages as values, before they are rendered, and the failure of their delivery."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec


class DeliveryFailed(Exception):  # noqa: N818 -- an outcome the outbox expects, not a defect
    """A transport could not deliver the message.

    The text is for the operator's log. It contains neither the code nor the address, and it never quotes the mail
    server, whose replies repeat the address.

    Attributes:
        permanent: True if sending the same message again cannot succeed.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Channel(StrEnum):
    """How a message reaches its recipient."""

    MAIL = "mail"
    TEXT = "text"


class MessageKind(StrEnum):
    """What a message is about. The sentences of each kind are in `message_texts`."""

    TWO_FACTOR_OTP = "two-factor-otp"
    EMAIL_VERIFICATION = "email-verification"
    PASSWORD_RESET = "password-reset"
    INVITATION = "invitation"

    # Security notifications: the account owner learns of events that an attacker may have caused (I8).
    SECOND_FACTOR_REFUSED = "second-factor-refused"
    """The correct password was followed by a wrong second factor."""
    SECOND_FACTOR_CLOSED = "second-factor-closed"
    """Too many codes were wrong in a row: codes are blocked, except in recognized browsers."""
    FACTOR_ADDED = "factor-added"
    FACTOR_REPLACED = "factor-replaced"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    SIGN_COUNT_DECREASED = "sign-count-decreased"
    """The signature count of a passkey did not increase."""
    FACTORS_REMOVED = "factors-removed"
    SECOND_FACTOR_REQUIRED = "second-factor-required"
    """The enforcement policy began to apply to the account, or an operator set its deadline."""
    SECOND_FACTOR_DUE = "second-factor-due"
    """The deadline for a second factor is near."""
    FACTORS_RESET = "factors-reset"
    """An operator turned two-factor authentication off, for instance for a user who lost their phone."""
    AUTHENTICATOR_REMOVED = "authenticator-removed"
    """The owner removed one of several."""
    AUTHENTICATOR_REVOKED = "authenticator-revoked"
    """An operator removed one of several."""
    AUTHENTICATOR_SUSPENDED = "authenticator-suspended"
    AUTHENTICATOR_RESUMED = "authenticator-resumed"
    BACKUP_CODE_USED = "backup-code-used"
    BACKUP_CODES_REPLACED = "backup-codes-replaced"
    DEVICE_TRUSTED = "device-trusted"
    PASSWORD_CHANGED = "password-changed"
    PASSWORD_REMOVED = "password-removed"
    PASSWORD_SET = "password-set"
    """To an account that had none."""
    PASSWORD_BREACHED = "password-breached"
    """The password was found in a data breach."""
    PASSWORD_WAS_RESET = "password-was-reset"
    ACCOUNT_LOCKED = "account-locked"
    """Several passwords or codes were wrong in a row: new attempts have to wait."""
    CODE_REUSED = "code-reused"
    """A used code was entered again in another browser."""
    SECRET_REVEALED = "secret-revealed"
    """The secret of the active authenticator app was shown."""
    DEVICE_TOKEN_REUSED = "device-token-reused"
    """Two browsers sent the token of one trusted device."""
    SIGN_UP_REPEATED = "sign-up-repeated"
    """Someone signed up with the address of an existing account."""
    ACCOUNT_DELETED = "account-deleted"
    ACCOUNT_RECLAIMED = "account-reclaimed"
    """A password reset removed everything that was set up before the address was verified."""
    EMAIL_CHANGE = "email-change"
    """To a new address: the link that makes it the account's."""
    EMAIL_CHANGE_ASKED = "email-change-asked"
    """To the account's address: someone asked to replace it."""
    EMAIL_IN_USE = "email-in-use"
    """To the address of an account: another account asked to change to it."""
    EMAIL_CHANGED = "email-changed"
    """To the old address, with the link that undoes the change."""
    EMAIL_RESTORED = "email-restored"
    """To both addresses: a change was undone."""
    PASSWORDS_CLOSED = "passwords-closed"
    """Too many passwords were wrong in a row: password sign-in is blocked, except in recognized browsers."""

    RECOVERY_REQUESTED = "recovery-requested"
    """After the correct password: a link that opens a recovery case."""
    RECOVERY_OPENED = "recovery-opened"
    RECOVERY_OPENED_BY_OPERATOR = "recovery-opened-by-operator"
    RECOVERY_WAITING = "recovery-waiting"
    """Every day of the waiting time."""
    RECOVERY_DUE = "recovery-due"
    """The waiting time is over: a link that completes the recovery."""
    RECOVERY_ENDED = "recovery-ended"
    """The recovery was cancelled, or not completed in time."""
    FACTORS_RECOVERED = "factors-recovered"


class EventContext(msgspec.Struct, frozen=True):
    """The time and the origin of an event that a message reports.

    Attributes:
        at: Unix milliseconds.
        address: The IP address that the request came from.
        user_agent: The request's `User-Agent` header: untrusted text.
    """

    at: int
    address: str
    user_agent: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one recipient. The outbox stores it encrypted.

    Attributes:
        kind: What the message is about.
        to: The address, `local@domain`; internationalised addresses (RFC 6531) are allowed. For a text message
            the phone number (E.164).
        name: The recipient's name as they typed it: untrusted text.
        app_name: The operator's name for the service.
        expires_at: Unix milliseconds; the message must not be delivered later.
        code: A secret code; not part of the repr.
        url: A link that contains a token: as secret as a code, and not part of the repr.
        valid_for: Lifetime in seconds of the code or the link, counted from its creation.
        context: The time and the origin of the event that the message reports.
        codes_left: How many backup codes are left after one was used.
        language: The recipient's language (BCP 47), if it is known.
        due_at: The deadline that the message is about, in Unix milliseconds.
        channel: How it is delivered. Messages of older versions in an outbox are mail.
    """

    kind: MessageKind
    to: str
    name: str
    app_name: str
    expires_at: int
    code: str | None = None
    url: str | None = None
    valid_for: int | None = None
    # Messages of earlier versions in the database use this name.
    context: EventContext | None = msgspec.field(default=None, name="circumstances")
    codes_left: int | None = None
    channel: Channel = Channel.MAIL
    language: str | None = None
    due_at: int | None = None

    def __repr__(self) -> str:
        return f"Message(kind={self.kind.value!r}, to={_masked(self.to)!r})"

    def __rich_repr__(self) -> Iterator[tuple[str, str]]:  # type: ignore[override]  # msgspec declares a list
        """Show as little as `__repr__`: msgspec's own lists every field, and rich's tracebacks print it."""
        yield "kind", self.kind.value
        yield "to", _masked(self.to)


def _masked(address: str) -> str:
    """Keep the first character and the domain of a mail address, and nothing of a phone number."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else "***"
