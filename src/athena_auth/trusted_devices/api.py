"""HTTP for trusted devices."""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.model import SignedIn
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.trusted_devices.model import TrustedDevice
from athena_auth.trusted_devices.rules import device_name
from athena_auth.trusted_devices.service import TrustedDeviceService
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.fields import Id, IpAddress, Timestamp, timestamp
from athena_auth.wire.reply import CookieName, Reply, expired
from athena_auth.wire.route import Access, Call, NoBody, Route

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

    async def list_devices(self, call: Call[SignedIn, NoBody]) -> Reply:
        """List the trusted devices."""
        devices = await self._service.devices_of(call.principal, call.caller.tokens.trusted_device)
        return Reply([_answer(device) for device in devices])

    async def revoke(self, call: Call[SignedIn, RevokeTrustedDeviceBody]) -> Reply | Refused:
        """Revoke the trust in one device."""
        token = call.caller.tokens.trusted_device
        revoked = await self._service.revoke(call.principal, call.body.id, token)
        if isinstance(revoked, Refused):
            return revoked
        return Reply(StatusAnswer(), cookies=_FORGET if revoked.is_current else ())

    async def revoke_all(self, call: Call[SignedIn, NoBody]) -> Reply:
        """Revoke the trust in all devices."""
        await self._service.revoke_all(call.principal)
        return Reply(StatusAnswer(), cookies=_FORGET)

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        return (
            Route(
                method="GET",
                path="/two-factor/trusted-devices",
                handler=self.list_devices,
                access=Access.SESSION,
                answer=list[TrustedDeviceAnswer],
                summary="List the trusted devices",
                description="The most recently used one is first.",
            ),
            Route(
                method="POST",
                path="/two-factor/revoke-trusted-device",
                handler=self.revoke,
                access=Access.SESSION,
                body=RevokeTrustedDeviceBody,
                answer=StatusAnswer,
                errors=(ErrorCode.TRUSTED_DEVICE_NOT_FOUND,),
                summary="Revoke the trust in one device",
                description="Its next sign-in requires the second factor again. Live sessions are not ended.",
            ),
            Route(
                method="POST",
                path="/two-factor/revoke-trusted-devices",
                handler=self.revoke_all,
                access=Access.SESSION,
                answer=StatusAnswer,
                summary="Revoke the trust in all devices",
                description="This includes the device that sent the request. Live sessions are not ended.",
            ),
        )


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
