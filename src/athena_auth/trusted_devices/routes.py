"""HTTP for trusted devices."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.model import SignedIn, audit_event
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices import sql
from athena_auth.trusted_devices.rules import device_name
from athena_auth.trusted_devices.sql import TrustedDevice
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Id, IpAddress, Timestamp, timestamp
from athena_auth.wire.handlers import get, post
from athena_auth.wire.reply import CookieName, Reply, expired
from athena_auth.wire.route import Call, NoBody


class Revoked(msgspec.Struct, frozen=True):
    """The trust in a device was revoked."""

    is_current: bool
    """Whether it is the browser that sent the request."""


@dataclass(frozen=True, slots=True)
class TrustedDeviceService:
    """Lists and revokes an account's trusted devices. `trust_token` is the caller's own token, if any."""

    store: Store
    clock: Clock

    async def devices_of(self, signed_in: SignedIn, trust_token: str | None) -> list[TrustedDevice]:
        """Return the account's trusted devices, most recently used first."""
        now = self.clock.now()

        async def work(tx: Tx) -> list[TrustedDevice]:
            return await sql.all_live(tx, signed_in.account.id, _own(trust_token), now)

        return await self.store.read(work)

    async def revoke(self, signed_in: SignedIn, device_id: str, trust_token: str | None) -> Revoked | Refused:
        """Revoke the trust in one device. Devices of other accounts are never found, even if their id is known."""
        now = self.clock.now()

        async def work(tx: Tx) -> Revoked | Refused:
            is_current = await sql.end(tx, signed_in.account.id, device_id, _own(trust_token), now)
            if is_current is None:
                return Refused(ErrorCode.TRUSTED_DEVICE_NOT_FOUND)
            _record(tx, signed_in, device_id, now)
            return Revoked(is_current)

        return await self.store.transact(work)

    async def revoke_all(self, signed_in: SignedIn) -> None:
        """Revoke the trust in all devices of the account."""
        now = self.clock.now()

        async def work(tx: Tx) -> None:
            if await sql.end_all(tx, signed_in.account.id) > 0:
                _record(tx, signed_in, None, now)

        await self.store.transact(work)


def _own(trust_token: str | None) -> bytes | None:
    return None if trust_token is None else digest(TokenKind.TRUSTED_DEVICE, trust_token)


def _record(tx: Tx, signed_in: SignedIn, device_id: str | None, now: Millis) -> None:
    """Record that this device was revoked; None stands for all devices."""
    entry = audit_event(signed_in, EventName.TRUST_REVOKED, device_id=device_id)
    audit.record(tx, entry, now)


DeviceName = Annotated[
    str,
    Meta(
        description="The device's name from its User-Agent header. For display only: a client can send any value.",
        examples=["Firefox on Linux"],
    ),
]


class RevokeTrustedDeviceBody(msgspec.Struct, frozen=True):
    """The device whose trust to revoke."""

    id: Annotated[
        str,
        Meta(
            max_length=128,
            pattern=r"^[A-Za-z0-9_-]*$(?!\n)",
            description="A trusted device's id.",
            examples=["01927f2a4d1b8c3e5f60718293a4b5c6"],
        ),
    ]


class TrustedDeviceAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A browser whose sign-ins skip the second factor."""

    id: Id
    name: DeviceName
    ip_address: IpAddress
    created_at: Timestamp
    last_used_at: Timestamp
    expires_at: Timestamp
    current: Annotated[bool, Meta(description="Whether this is the browser that sent the request.")]


_FORGET = (expired(CookieName.TRUSTED_DEVICE),)


class TrustedDeviceApi:
    """The routes of trusted devices."""

    def __init__(self, service: TrustedDeviceService) -> None:
        self._service = service

    @get("/two-factor/trusted-devices")
    async def list_devices(self, call: Call[SignedIn, NoBody]) -> Reply[list[TrustedDeviceAnswer]]:
        """List the trusted devices.

        The most recently used one is first.
        """
        devices = await self._service.devices_of(call.principal, call.caller.tokens.trusted_device)
        return Reply([_answer(device) for device in devices])

    @post("/two-factor/revoke-trusted-device", errors=(ErrorCode.TRUSTED_DEVICE_NOT_FOUND,))
    async def revoke(self, call: Call[SignedIn, RevokeTrustedDeviceBody]) -> Reply[StatusAnswer] | Refused:
        """Revoke the trust in one device.

        Its next sign-in requires the second factor again. Live sessions are not ended.
        """
        token = call.caller.tokens.trusted_device
        revoked = await self._service.revoke(call.principal, call.body.id, token)
        if isinstance(revoked, Refused):
            return revoked
        return Reply(StatusAnswer(), cookies=_FORGET if revoked.is_current else ())

    @post("/two-factor/revoke-trusted-devices")
    async def revoke_all(self, call: Call[SignedIn, NoBody]) -> Reply[StatusAnswer]:
        """Revoke the trust in all devices.

        This includes the device that sent the request. Live sessions are not ended.
        """
        await self._service.revoke_all(call.principal)
        return Reply(StatusAnswer(), cookies=_FORGET)


def _answer(device: TrustedDevice) -> TrustedDeviceAnswer:
    return TrustedDeviceAnswer(
        id=device.id,
        name=device_name(device.client.user_agent),
        ip_address=device.client.address,
        created_at=timestamp(device.created_at),
        last_used_at=timestamp(device.last_used_at),
        expires_at=timestamp(device.expires_at),
        current=device.is_current,
    )
