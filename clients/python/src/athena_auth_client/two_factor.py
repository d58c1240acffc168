"""The second factor of the signed-in user."""

from collections.abc import Coroutine
from typing import Any, Literal, overload

from athena_auth_client import endpoints
from athena_auth_client.connection import Connection, S
from athena_auth_client.models import (
    BackupCodes,
    OtpEnrolment,
    PasskeyEnrolment,
    TotpEnrolment,
    TotpUri,
    TrustedDevice,
    TwoFactorStatus,
)
from athena_auth_client.operation import operation
from athena_auth_client.second_factor import SecondFactor
from athena_auth_client.senders import Async, Sync

_ENABLE = {
    "totp": endpoints.ENABLE_TOTP,
    "otp": endpoints.ENABLE_OTP,
    "passkey": endpoints.ENABLE_PASSKEY,
}


class TwoFactor(SecondFactor[S]):
    """Turning the second factor on and off, and verifying it again."""

    @overload
    def enable(
        self: "TwoFactor[Sync]",
        password: str,
        *,
        method: Literal["totp"] = "totp",
        issuer: str | None = None,
        qr_code: bool = False,
        code: str | None = None,
    ) -> TotpEnrolment: ...
    @overload
    def enable(
        self: "TwoFactor[Sync]",
        password: str,
        *,
        method: Literal["otp"],
        phone_number: str | None = None,
        code: str | None = None,
    ) -> OtpEnrolment: ...
    @overload
    def enable(
        self: "TwoFactor[Async]",
        password: str,
        *,
        method: Literal["totp"] = "totp",
        issuer: str | None = None,
        qr_code: bool = False,
        code: str | None = None,
    ) -> Coroutine[Any, Any, TotpEnrolment]: ...
    @overload
    def enable(
        self: "TwoFactor[Async]",
        password: str,
        *,
        method: Literal["otp"],
        phone_number: str | None = None,
        code: str | None = None,
    ) -> Coroutine[Any, Any, OtpEnrolment]: ...
    @overload
    def enable(
        self: "TwoFactor[Sync]",
        password: str,
        *,
        method: Literal["passkey"],
        label: str | None = None,
        code: str | None = None,
    ) -> PasskeyEnrolment: ...
    @overload
    def enable(
        self: "TwoFactor[Async]",
        password: str,
        *,
        method: Literal["passkey"],
        label: str | None = None,
        code: str | None = None,
    ) -> Coroutine[Any, Any, PasskeyEnrolment]: ...
    def enable(
        self,
        password: str,
        *,
        method: Literal["totp", "otp", "passkey"] = "totp",
        issuer: str | None = None,
        qr_code: bool = False,
        phone_number: str | None = None,
        label: str | None = None,
        code: str | None = None,
    ) -> Any:
        """Begin an enrolment: `totp` for an authenticator app, `otp` for codes by mail or text message, or `passkey`.

        A first code or the new passkey confirms it: call `verify_totp`, `verify_otp` or `verify_passkey`. `label` is what the owner calls the passkey. Until then nothing changes. `issuer` is the name the
        app shows. With `qr_code`, the result has an image for the app to scan. `phone_number`, as `+4915112345678`, has codes sent there instead of by mail. `code` as for `disable`.
        """
        body = {
            "password": password,
            "code": code,
            "issuer": issuer,
            "method": method,
            "qrCode": qr_code or None,
            "phoneNumber": phone_number,
            "label": label,
        }
        endpoint: Any = _ENABLE[method]
        # The overloads say what no type checker can infer: whether this sender blocks.
        connection: Connection[Any] = self._connection
        return connection.sender.bind(connection.call)(endpoint, body)

    @operation
    async def disable(self, password: str, *, code: str | None = None) -> None:
        """Turn the second factor off. All factors, backup codes, trusted devices and other sessions are revoked.

        It needs a second factor verified in this session in the last ten minutes, or a `code` of one in this call.

        Raises:
            StepUpRequiredError: neither was given.
        """
        await self._connection.call(endpoints.DISABLE, {"password": password, "code": code})

    @operation
    async def get_totp_uri(self, password: str, *, qr_code: bool = False, code: str | None = None) -> TotpUri:
        """Return the URI for the authenticator app again; `qr_code` as for `enable`, `code` as for `disable`."""
        body = {"password": password, "code": code, "qrCode": qr_code or None}
        return await self._connection.call(endpoints.GET_TOTP_URI, body)

    @operation
    async def generate_backup_codes(self, password: str, *, code: str | None = None) -> BackupCodes:
        """Generate new backup codes and revoke the earlier ones. `code` as for `disable`."""
        body = {"password": password, "code": code}
        return await self._connection.call(endpoints.GENERATE_BACKUP_CODES, body)

    @operation
    async def status(self) -> TwoFactorStatus:
        """Return which factors the account has."""
        return await self._connection.call(endpoints.STATUS)

    @operation
    async def trusted_devices(self) -> tuple[TrustedDevice, ...]:
        """List the trusted devices, the most recently used first."""
        return await self._connection.call(endpoints.TRUSTED_DEVICES)

    @operation
    async def revoke_trusted_device(self, device_id: str) -> None:
        """Revoke one trusted device. Its sessions stay open."""
        await self._connection.call(endpoints.REVOKE_TRUSTED_DEVICE, {"id": device_id})

    @operation
    async def revoke_trusted_devices(self) -> None:
        """Revoke all trusted devices, this client included."""
        await self._connection.call(endpoints.REVOKE_TRUSTED_DEVICES)
