"""What a second factor is to the challenge: a judge of codes. And devices that stand in for it."""

from typing import Protocol

import msgspec

from athena_auth.accounts.model import Account
from athena_auth.challenge.binding import Binding
from athena_auth.challenge.model import Change, MethodName
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import Refused
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Runner, Tx
from athena_auth.wire.caller import ClientInfo


class Claim(msgspec.Struct, frozen=True):
    """Somebody says that this code is hers. The try is paid for already."""

    user_id: UserId
    code: str
    """Without spaces and dashes, in lower case."""
    binding: Binding
    now: Millis

    def __repr__(self) -> str:
        return f"Claim({self.user_id})"


class Proven(msgspec.Struct, frozen=True):
    """The claim is true, and whatever proved it is used up."""

    method: MethodName
    amr: Amr
    change: Change | None = None
    """Set when the code confirmed an enrolment."""
    codes_left: int | None = None
    """How many backup codes are left, when it was one of them."""


class Method(Protocol):
    """A second factor. All steps take the caller's transaction."""

    name: MethodName

    async def is_available(self, tx: Tx, account: Account) -> bool:
        """Tell whether this account, which has a second factor on, can answer a challenge by it."""
        ...

    async def check(self, tx: Tx, claim: Claim) -> Proven | Refused:
        """Judge a code and, if it is right, use it up by a guarded write in the same breath (I3)."""
        ...


class Granted(msgspec.Struct, frozen=True):
    """A device that is trusted: the token it shows next time, and what it is called."""

    token: str
    device_id: str

    def __repr__(self) -> str:
        return f"Granted({self.device_id})"


class DeviceTrust(Protocol):
    """Devices that stand in for a second factor."""

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> Granted | None:
        """Use up a trust token of this account and return its successor; None if unknown, expired or another's."""
        ...

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Granted:
        """Trust the device from now on; return its token."""
        ...

    async def recognise(self, runner: Runner, user_id: UserId, token: str, now: Millis) -> str | None:
        """Return the id of the device of this account that the token belongs to, without using it up."""
        ...
