"""The interface of trusted devices, which replace the second factor."""

from typing import Protocol

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.transaction import Runner, Tx
from athena_auth.wire.caller import ClientInfo


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
    """Tells which devices an account trusts."""

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> Granted | Reused | None:
        """Consume a trust token of this account and return its successor.

        None means that the token is unknown, has expired or belongs to another account.
        """
        ...

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Granted | None:
        """Trust the device and return its token; None if this server trusts no device."""
        ...

    async def recognizes(self, runner: Runner, user_id: UserId, token: str, now: Millis) -> bool:
        """Tell whether the token belongs to a trusted device of this account, without consuming it."""
        ...

    async def is_invalid(self, runner: Runner, token: str, now: Millis) -> bool:
        """Tell whether the token is valid for no account, so that the browser can drop it."""
        ...
