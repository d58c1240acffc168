"""The interfaces of second factors, which verify codes, and of trusted devices, which replace them."""

from enum import Enum, auto
from typing import Protocol, runtime_checkable

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import Refused
from athena_auth.mfa.model import Binding, Change
from athena_auth.settings import Settings
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx
from athena_auth.wire.caller import ClientInfo


class Attempt(msgspec.Struct, frozen=True):
    """A code that was entered. The attempt has already been counted."""

    user_id: UserId
    code: str
    """Normalised and well-formed."""
    binding: Binding
    now: Millis
    browser: bytes
    """The browser's fingerprint (`ClientInfo.fingerprint`)."""
    confirms: bool = False
    """Whether the code may confirm an enrolment: only in a live session, at the endpoints that verify a code."""

    def __repr__(self) -> str:
        return f"Attempt({self.user_id})"


class Verified(msgspec.Struct, frozen=True):
    """The code is correct, and has been consumed."""

    method: str
    amr: str
    change: Change | None = None
    """Set when the code confirmed an enrolment."""
    codes_left: int | None = None
    """The number of backup codes left, if the code was one of them."""


class Used(msgspec.Struct, frozen=True):
    """The code is correct but has already been used. It is refused, but does not count as a failed attempt."""

    refused: Refused
    elsewhere: bool
    """Whether another browser used it; then an attacker may have seen it."""


class FactorParts(msgspec.Struct, frozen=True):
    """What a factor is built from, by `Athena(factors=…)`: each factor is a class, or a function, of these parts."""

    keyring: Keyring
    """Seals what is secret, and hashes codes."""
    outbox: Outbox
    """Sends messages."""
    settings: Settings


class Factor(Protocol):
    """A second factor. All methods run in the caller's transaction."""

    name: str
    """What clients and the audit log call it: lower-case letters, digits and hyphens."""
    code_name: str
    """What its codes are called in a sentence, such as "backup code"."""
    is_throttled: bool
    """Whether its codes can be guessed, so that attempts must be limited (SP 800-63B-4 section 3.2.2)."""

    sweeps: tuple[Statement, ...]
    """The statements that delete what has expired, each with the parameters `cutoff` and `most`."""

    malformed: Refused
    """The refusal of input that cannot be a code of this factor; it does not count as an attempt."""

    def is_well_formed(self, code: str) -> bool:
        """Tell whether a normalised code has the shape of this factor's codes."""
        ...

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether this account, which has two-factor authentication on, can use this factor at sign-in."""
        ...

    def credentials_changed(self, change: Change, /) -> tuple[Statement, ...]:
        """Return the writes, by `user_id`, that revoke or activate this factor's other data (I5).

        They do not include its authenticators, which `authenticators` deletes.
        """
        ...

    async def verify(self, tx: Tx, attempt: Attempt) -> Verified | Refused | Used:
        """Verify a code and, if it is correct, consume it by the same guarded write (I3)."""
        ...


class EnrolmentOptions(msgspec.Struct, frozen=True):
    """The options of a request to turn a factor on."""

    issuer: str | None = None
    phone_number: str | None = None

    def __repr__(self) -> str:
        return "EnrolmentOptions(…)"


class EnrolmentRequest(msgspec.Struct, frozen=True):
    """A request to turn a factor on, after the step-up."""

    signed_in: SignedIn
    account: Account
    options: EnrolmentOptions
    now: Millis

    def __repr__(self) -> str:
        return f"EnrolmentRequest({self.account.id})"


class EnrolmentState(Enum):
    """The state of a factor after its enrolment was begun."""

    PENDING = auto()
    """A code must confirm it."""
    CONFIRMED = auto()
    """It is active: there is nothing that a code has to confirm."""
    UNCHANGED = auto()
    """It was already active with these options."""


class EnrolmentBegun(msgspec.Struct, frozen=True):
    """An enrolment that was begun, with what is shown to the owner only once."""

    state: EnrolmentState
    shown: dict[str, str] = {}
    """Further fields of the response, in addition to the backup codes, by their names on the wire (`totpURI`)."""
    code_was_sent: bool = False

    def __repr__(self) -> str:
        return f"EnrolmentBegun({self.state.name})"


@runtime_checkable
class Enrollable(Factor, Protocol):
    """A factor that account owners turn on. Backup codes are not: they are created with any other factor."""

    def refuse(self, options: EnrolmentOptions) -> Refused | None:
        """Return why these options do not fit this factor, or this server; None if they do."""
        ...

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether there is an enrolment that a code has yet to confirm."""
        ...

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun | Refused:
        """Create a pending authenticator, and send its owner a code if the factor needs one.

        A refusal commits what came before it, so nothing may be replaced before the last possible refusal.
        """
        ...


class Granted(msgspec.Struct, frozen=True):
    """A trusted device, and the token that it presents at the next sign-in."""

    token: str | None
    """None if a concurrent request of the same browser has received the token."""
    device_id: str

    def __repr__(self) -> str:
        return f"Granted({self.device_id})"


class Reused(msgspec.Struct, frozen=True):
    """A replaced token was presented again: it or its successor is in an attacker's hands. The device was revoked."""

    device_id: str


class DeviceTrust(Protocol):
    """Trusted devices, which replace the second factor."""

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> Granted | Reused | None:
        """Consume a trust token of this account and return its successor.

        None means that the token is unknown, has expired or belongs to another account.
        """
        ...

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Granted:
        """Trust the device and return its token."""
        ...

    async def recognise(self, runner: Runner, user_id: UserId, token: str, now: Millis) -> bool:
        """Tell whether the token belongs to a trusted device of this account, without consuming it."""
        ...

    async def is_dead(self, runner: Runner, token: str, now: Millis) -> bool:
        """Tell whether the token is valid for no account, so that the browser can drop it."""
        ...
