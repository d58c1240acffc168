"""What a second factor is to the challenge: a judge of codes. And devices that stand in for it."""

from enum import Enum, auto
from typing import Protocol, runtime_checkable

import msgspec

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.challenge.binding import Binding
from athena_auth.challenge.model import Change
from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import Refused
from athena_auth.settings import Settings
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Runner, Tx
from athena_auth.wire.caller import ClientInfo


class Attempt(msgspec.Struct, frozen=True):
    """An attempt: a code that is offered. It is counted already."""

    user_id: UserId
    code: str
    """Normalised, and well formed."""
    binding: Binding
    now: Millis
    browser: bytes
    """Which browser it comes from, as far as a request tells (`ClientInfo.fingerprint`)."""
    confirms: bool = False
    """Whether the code may confirm an enrolment: only where that is what was asked for, in a live session."""

    def __repr__(self) -> str:
        return f"Claim({self.user_id})"


class Verified(msgspec.Struct, frozen=True):
    """The code is right, and is used up."""

    method: str
    amr: str
    change: Change | None = None
    """Set when the code confirmed an enrolment."""
    codes_left: int | None = None
    """How many backup codes are left, when it was one of them."""


class Used(msgspec.Struct, frozen=True):
    """The code was right once and has been used: it is refused, and is no failed attempt."""

    refused: Refused
    elsewhere: bool
    """Whether another browser used it: then someone may have seen it."""


class FactorParts(msgspec.Struct, frozen=True):
    """What a factor is built from, by `Athena(factors=…)`: each factor is a class, or a function, of these parts."""

    keyring: Keyring
    """Seals what is secret, and hashes codes."""
    outbox: Outbox
    """Sends messages."""
    settings: Settings


class Factor(Protocol):
    """A second factor. All steps take the caller's transaction."""

    name: str
    """What clients and the audit log call it: lower-case letters, digits and hyphens."""
    code_name: str
    """What its codes are called in a sentence, such as "backup code"."""
    is_throttled: bool
    """Whether its codes are short enough to be guessed, so that attempts must be limited (SP 800-63B-4 section 3.2.2)."""

    sweeps: tuple[Statement, ...]
    """The statements that delete what has expired, each with the parameters `cutoff` and `most`."""

    malformed: Refused
    """The refusal of what cannot be a code of this factor; it is no attempt, and is counted nowhere."""

    def is_well_formed(self, code: str) -> bool:
        """Tell whether a normalised code has the shape of this factor's codes."""
        ...

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether this account, which has a second factor on, can answer a challenge by it."""
        ...

    def credentials_changed(self, change: Change, /) -> tuple[Statement, ...]:
        """Return the writes, by `user_id`, that end or move on what this factor keeps beside its authenticators (I5)."""
        ...

    async def verify(self, tx: Tx, attempt: Attempt) -> Verified | Refused | Used:
        """Verify a code and, if it is right, use it up by a guarded write in the same breath (I3)."""
        ...


class EnrolmentOptions(msgspec.Struct, frozen=True):
    """What a request to turn a factor on may ask for, beside the factor."""

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
    """How far a factor could go at once."""

    PENDING = auto()
    """A code must confirm it."""
    CONFIRMED = auto()
    """It is on: what a code would confirm is known already."""
    UNCHANGED = auto()
    """It was on as asked for before."""


class EnrolmentBegun(msgspec.Struct, frozen=True):
    """A factor that is being turned on, and what its owner is shown this once."""

    state: EnrolmentState
    shown: dict[str, str] = {}
    """Fields of the answer beside the backup codes, by their names on the wire, such as `totpURI`."""
    code_was_sent: bool = False

    def __repr__(self) -> str:
        return f"EnrolmentBegun({self.state.name})"


@runtime_checkable
class Enrollable(Factor, Protocol):
    """A factor that the account owner turns on; others come with one, as backup codes do."""

    def refuse(self, options: EnrolmentOptions) -> Refused | None:
        """Return why these options do not fit this factor, or this server; None if they do."""
        ...

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether an enrolment waits for the code that confirms it."""
        ...

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun | Refused:
        """Make a pending authenticator, and send what its owner needs to confirm it.

        A refusal commits what came before it, so nothing may be replaced before the last refusal.
        """
        ...


class Granted(msgspec.Struct, frozen=True):
    """A device that is trusted: the token it shows next time, and what it is called."""

    token: str | None
    """None where a concurrent request of the same browser was given the token."""
    device_id: str

    def __repr__(self) -> str:
        return f"Granted({self.device_id})"


class Reused(msgspec.Struct, frozen=True):
    """A token that was replaced long ago was shown again: it was copied, or its copy was used before (it is revoked now)."""

    device_id: str


class DeviceTrust(Protocol):
    """Devices that stand in for a second factor."""

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> Granted | Reused | None:
        """Use up a trust token of this account and return its successor; None if unknown, expired or another's."""
        ...

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Granted:
        """Trust the device from now on; return its token."""
        ...

    async def recognise(self, runner: Runner, user_id: UserId, token: str, now: Millis) -> bool:
        """Tell whether the token is that of a trusted device of this account, without using it up."""
        ...

    async def is_dead(self, runner: Runner, token: str, now: Millis) -> bool:
        """Tell whether the token opens nothing for any account: the browser may forget it."""
        ...
