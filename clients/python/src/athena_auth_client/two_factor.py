"""The second factor of the signed-in user."""

from collections.abc import Coroutine
from typing import Any, Literal, overload

from athena_auth_client import endpoints
from athena_auth_client.connection import Connection, S
from athena_auth_client.models import (
    AddedAuthenticator,
    Authenticator,
    BackupCodes,
    OtpEnrolment,
    PasskeyEnrolment,
    RecoveryOpened,
    TotpEnrolment,
    TotpUri,
    TrustedDevice,
    TwoFactorStatus,
)
from athena_auth_client.operation import operation
from athena_auth_client.required_enrolment import RequiredEnrolment
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
        password: str | None = None,
        *,
        method: Literal["totp"] = "totp",
        issuer: str | None = None,
        qr_code: bool = False,
        code: str | None = None,
    ) -> TotpEnrolment: ...
    @overload
    def enable(
        self: "TwoFactor[Sync]",
        password: str | None = None,
        *,
        method: Literal["otp"],
        phone_number: str | None = None,
        code: str | None = None,
    ) -> OtpEnrolment: ...
    @overload
    def enable(
        self: "TwoFactor[Async]",
        password: str | None = None,
        *,
        method: Literal["totp"] = "totp",
        issuer: str | None = None,
        qr_code: bool = False,
        code: str | None = None,
    ) -> Coroutine[Any, Any, TotpEnrolment]: ...
    @overload
    def enable(
        self: "TwoFactor[Async]",
        password: str | None = None,
        *,
        method: Literal["otp"],
        phone_number: str | None = None,
        code: str | None = None,
    ) -> Coroutine[Any, Any, OtpEnrolment]: ...
    @overload
    def enable(
        self: "TwoFactor[Sync]",
        password: str | None = None,
        *,
        method: Literal["passkey"],
        label: str | None = None,
        code: str | None = None,
    ) -> PasskeyEnrolment: ...
    @overload
    def enable(
        self: "TwoFactor[Async]",
        password: str | None = None,
        *,
        method: Literal["passkey"],
        label: str | None = None,
        code: str | None = None,
    ) -> Coroutine[Any, Any, PasskeyEnrolment]: ...
    def enable(
        self,
        password: str | None = None,
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

        The password is required, unless the account has none: then a passkey must have verified its user in this session in
        the last ten minutes.
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
            AthenaError: CREDENTIAL_ACCOUNT_NOT_FOUND, the account has no password: set one first.
            StepUpRequiredError: neither was given.
        """
        await self._connection.call(endpoints.DISABLE, {"password": password, "code": code})

    @operation
    async def get_totp_uri(
        self, password: str | None = None, *, qr_code: bool = False, code: str | None = None
    ) -> TotpUri:
        """Return the URI for the authenticator app again; `password` and `qr_code` as for `enable`, `code` as for `disable`."""
        body = {"password": password, "code": code, "qrCode": qr_code or None}
        return await self._connection.call(endpoints.GET_TOTP_URI, body)

    @operation
    async def generate_backup_codes(
        self, password: str | None = None, *, code: str | None = None
    ) -> BackupCodes:
        """Generate new backup codes and revoke the earlier ones. `password` as for `enable`, `code` as for `disable`."""
        body = {"password": password, "code": code}
        return await self._connection.call(endpoints.GENERATE_BACKUP_CODES, body)

    @operation
    async def status(self) -> TwoFactorStatus:
        """Return which factors the account has."""
        return await self._connection.call(endpoints.STATUS)

    @operation
    async def authenticators(self) -> tuple[Authenticator, ...]:
        """List the authenticators, the oldest first, suspended ones included."""
        return await self._connection.call(endpoints.LIST_AUTHENTICATORS)

    @operation
    async def add_authenticator(
        self,
        password: str | None = None,
        *,
        label: str | None = None,
        issuer: str | None = None,
        qr_code: bool = False,
        code: str | None = None,
    ) -> AddedAuthenticator:
        """Begin to add an authenticator app to those in use; `verify_totp` with a code of the new one confirms it.

        The backup codes stay as they are. `label` is the user's name for it; the others as for `enable`.
        """
        body = {
            "password": password,
            "code": code,
            "label": label,
            "issuer": issuer,
            "qrCode": qr_code or None,
        }
        return await self._connection.call(endpoints.ADD_AUTHENTICATOR, body)

    @operation
    async def rename_authenticator(self, authenticator_id: str, label: str) -> None:
        """Give an authenticator another name."""
        await self._connection.call(endpoints.RENAME_AUTHENTICATOR, {"id": authenticator_id, "label": label})

    @operation
    async def remove_authenticator(self, authenticator_id: str, *, code: str | None = None) -> None:
        """Remove one of several authenticators. Trusted devices and other sessions are revoked; `code` as for `disable`.

        Raises:
            AthenaError: LAST_AUTHENTICATOR, no other one is usable: call `disable` instead.
            StepUpRequiredError: as for `disable`.
        """
        body = {"id": authenticator_id, "code": code}
        await self._connection.call(endpoints.REMOVE_AUTHENTICATOR, body)

    @operation
    async def suspend_authenticator(self, authenticator_id: str, *, code: str | None = None) -> None:
        """Suspend one of several authenticators until it is resumed; otherwise as `remove_authenticator`."""
        body = {"id": authenticator_id, "code": code}
        await self._connection.call(endpoints.SUSPEND_AUTHENTICATOR, body)

    @operation
    async def resume_authenticator(self, authenticator_id: str, *, code: str | None = None) -> None:
        """Resume a suspended authenticator. Trusted devices are revoked; `code` as for `disable`."""
        body = {"id": authenticator_id, "code": code}
        await self._connection.call(endpoints.RESUME_AUTHENTICATOR, body)

    @operation
    async def set_preferred_method(self, method: str | None) -> None:
        """Choose the method that sign-ins offer first, see `Method`; None for the server's order."""
        await self._connection.call(endpoints.SET_PREFERRED_METHOD, {"method": method})

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

    @operation
    async def open_recovery(self, token: str) -> RecoveryOpened:
        """Begin a recovery with the token of the link that `Challenge.begin_recovery` has mailed.

        Raises:
            AthenaError: RECOVERY_ALREADY_OPEN, RECOVERY_TOO_SOON or RECOVERY_NEEDS_OPERATOR: none can be begun now.
        """
        return await self._connection.call(endpoints.OPEN_RECOVERY, {"token": token})

    @operation
    async def cancel_recovery(self, token: str) -> None:
        """Cancel a recovery with the token of a link from any of its mails. The second factors stay."""
        await self._connection.call(endpoints.CANCEL_RECOVERY, {"token": token})

    @operation
    async def complete_recovery(self, token: str, *, password: str) -> RequiredEnrolment[S]:
        """Remove every second factor, with the token of the link from the mail about the end of the waiting time.

        All sessions are revoked. Enrolling a second factor with the result, or after the next sign-in, completes a sign-in.

        Raises:
            AthenaError: RECOVERY_NOT_DUE, or RECOVERY_ENDED: it was cancelled or completed, or has expired.
        """
        body = {"token": token, "password": password}
        completed = await self._connection.call(endpoints.COMPLETE_RECOVERY, body)
        return RequiredEnrolment(self._connection, completed.enrolment_token, completed.methods)
