"""The interfaces of second factors.

A `Factor` verifies responses: codes, or JSON objects. A `Prompting` one first gives the client what it responds to: it
sends a code, or returns options with a nonce. An `Enrollable` one is turned on by account owners.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.crypto.codes import normalised_code
from athena_auth.crypto.keys import Keyring
from athena_auth.delivery.outbox import Outbox
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import Refused
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.mfa.authenticators import Authenticator
from athena_auth.mfa.model import Binding, Change
from athena_auth.settings import Settings
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo

RawResponse = str | dict[str, Any]
"""A response as it was sent: a code, or a JSON object."""
R = TypeVar("R")
"""What a factor makes of a response: its text, normalised, or a struct."""


class Attempt(msgspec.Struct, Generic[R], frozen=True):
    """A response to verify. The attempt has already been counted."""

    user_id: UserId
    response: R
    """What `Factor.parse` returned."""
    binding: Binding
    now: Millis
    browser: bytes
    """The browser's fingerprint (`ClientInfo.fingerprint`)."""
    confirms: bool = False
    """Whether the response may confirm an enrolment: only in a live session, at the endpoints that verify one."""
    nonce: bytes | None = None
    """The nonce of the prompt that is answered, for a factor that has one; no other attempt gets it again."""

    def __repr__(self) -> str:
        return f"Attempt({self.user_id})"


class Verified(msgspec.Struct, frozen=True):
    """The response is correct, and has been consumed."""

    factor: str
    amr: str
    change: Change | None = None
    """Set when the response confirmed an enrolment."""
    codes_left: int | None = None
    """The number of backup codes left, if the code was one of them."""
    authenticator_id: str | None = None
    """Which of the account's authenticators accepted it, for the audit log."""
    user_verified: bool = False
    """Whether a passkey has verified its user. Only then can it take the place of a password."""
    count_decreased: bool = False
    """Whether the authenticator's signature count did not increase, so that there may be a copy of it."""


class Used(msgspec.Struct, frozen=True):
    """The response is correct but has already been used. It is refused, but does not count as a failed attempt."""

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


class Factor(Protocol[R]):
    """A second factor. All methods but `parse` run in the caller's transaction."""

    name: str
    """What clients and the audit log call it: lower-case letters, digits and hyphens."""
    code_name: str
    """What its responses are called in a sentence, such as "backup code"."""
    is_throttled: bool
    """Whether its responses can be guessed, so that attempts must be limited (SP 800-63B-4 section 3.2.2)."""

    sweeps: tuple[Statement, ...]
    """The statements that delete what has expired, each with the parameters `cutoff` and `most`."""

    def parse(self, response: RawResponse) -> R | Refused:
        """Return the response as `verify` takes it; refuse what cannot be one, which does not count as an attempt."""
        ...

    async def is_available(self, tx: Tx, account: Account, enrolled: Sequence[Authenticator], /) -> bool:
        """Tell whether this account, which has two-factor authentication on, can use this factor at sign-in.

        `enrolled` has its authenticators of every factor, in every state. They were loaded in this transaction, once for
        all factors.
        """
        ...

    def credentials_changed(self, change: Change, /) -> tuple[Statement, ...]:
        """Return the writes, by `user_id`, that revoke or activate this factor's other data (I5).

        They do not include its authenticators, which `authenticators` deletes.
        """
        ...

    async def verify(self, tx: Tx, attempt: Attempt[R]) -> Verified | Refused | Used:
        """Verify a response and, if it is correct, consume it by the same guarded write (I3)."""
        ...


def read_code(response: RawResponse, shape: re.Pattern[str]) -> str | None:
    """Return a code without spaces, dashes and invisible characters; None unless all of it has this shape."""
    code = normalised_code(response) if isinstance(response, str) else ""
    return code if shape.fullmatch(code) else None


class PromptRequest(msgspec.Struct, frozen=True):
    """A request for something to respond to, from the bearer of a challenge or the owner of a session."""

    account: Account
    binding: Binding
    """The challenge or session. The response is valid only there."""
    client: ClientInfo
    now: Millis

    def __repr__(self) -> str:
        return f"PromptRequest({self.account.id})"


class Prompted(msgspec.Struct, frozen=True):
    """What a client responds to."""

    shown: dict[str, Any] = {}
    """The fields of the response to the client, as JSON values."""
    nonce: bytes | None = None
    """Kept for five minutes, or until the first response in this challenge or session is verified. Not a secret."""
    code_was_sent: bool = False

    def __repr__(self) -> str:
        return "Prompted(…)"


@runtime_checkable
class Prompting(Factor[R], Protocol[R]):
    """A factor whose responses answer something: a code that it sends, or options with a nonce."""

    has_nonce: bool
    """Whether a response is valid for one nonce, which `Attempt.nonce` then contains. If so, a response without a
    prompt is refused before `verify` sees it, and a prompt is good for one response that is verified, correct or not."""

    async def prompt(self, tx: Tx, request: PromptRequest) -> Prompted | Refused:
        """Return what the client responds to, or send the owner a code; refuse if the account cannot use this factor."""
        ...


class EnrolmentOptions(msgspec.Struct, frozen=True):
    """The options of a request to turn a factor on."""

    issuer: str | None = None
    phone_number: str | None = None
    label: str | None = None
    """The owner's name for the authenticator, such as "blue key"."""
    adds: bool = False
    """Whether the authenticator is added to those of its factor, where the factor would otherwise replace them."""

    def __repr__(self) -> str:
        return "EnrolmentOptions(…)"


class EnrolmentRequest(msgspec.Struct, frozen=True):
    """A request to turn a factor on, whose sender has been authenticated."""

    account: Account
    options: EnrolmentOptions
    binding: Binding
    """The session or enrolment token. The response that confirms the enrolment is valid only there."""
    client: ClientInfo
    session_id: SessionId | None
    """None for an enrolment token, whose bearer has shown the password only."""
    now: Millis

    def __repr__(self) -> str:
        return f"EnrolmentRequest({self.account.id})"

    @property
    def must_be_confirmed(self) -> bool:
        """Whether a response must confirm the factor, even if there seems to be nothing to confirm.

        With an enrolment token, the confirmation creates a session of level two.
        """
        return self.session_id is None


class EnrolmentState(Enum):
    """The state of a factor after its enrolment was begun."""

    PENDING = auto()
    """A response must confirm it."""
    CONFIRMED = auto()
    """It is active: there is nothing to confirm."""
    UNCHANGED = auto()
    """It was already active with these options."""


class EnrolmentBegun(msgspec.Struct, frozen=True):
    """An enrolment that was begun, with what is shown to the owner only once."""

    state: EnrolmentState
    shown: dict[str, Any] = {}
    """Further fields of the response, in addition to the backup codes, by their names on the wire (`totpURI`). Only an
    enrolment that is `PENDING` shows them; in any other state they are dropped."""
    code_was_sent: bool = False
    nonce: bytes | None = None
    """The nonce that the confirming response must answer; it is kept like that of a prompt."""
    authenticator_id: str | None = None

    def __repr__(self) -> str:
        return f"EnrolmentBegun({self.state.name})"


@runtime_checkable
class Enrollable(Factor[R], Protocol[R]):
    """A factor that account owners turn on. Backup codes are not: they are created with any other factor."""

    def validate(self, options: EnrolmentOptions) -> Refused | None:
        """Return why these options do not fit this factor, or this server; None if they do."""
        ...

    async def is_pending(self, tx: Tx, user_id: UserId, now: Millis) -> bool:
        """Tell whether there is an enrolment that has yet to be confirmed."""
        ...

    async def begin_enrolment(self, tx: Tx, request: EnrolmentRequest) -> EnrolmentBegun | Refused:
        """Create a pending authenticator, and send its owner a code if the factor needs one.

        A refusal commits what came before it, so nothing may be replaced before the last possible refusal.
        """
        ...
