"""The second factor of whoever is signed in."""

from typing import Literal

from athena_auth_client import endpoints
from athena_auth_client.answers import BackupCodes, Enrolment, TotpUri, TrustedDevice, TwoFactorStatus
from athena_auth_client.connection import S
from athena_auth_client.operation import operation
from athena_auth_client.second_step import SecondStep


class TwoFactor(SecondStep[S]):
    """Turning the second factor on and off, and proving it again."""

    @operation
    async def enable(
        self,
        password: str,
        *,
        issuer: str | None = None,
        method: Literal["totp", "otp"] = "totp",
        phone_number: str | None = None,
        code: str | None = None,
    ) -> Enrolment:
        """Begin to turn a second factor on; `verify_totp` (or `verify_otp`) with a first code confirms it.

        Until then whatever was on stays on. `issuer` is the name the authenticator app shows; `phone_number`, as
        `+4915112345678`, is where the codes of the method `otp` go instead of by mail. `code` as for `disable`.
        """
        body = {
            "password": password,
            "code": code,
            "issuer": issuer,
            "method": method,
            "phoneNumber": phone_number,
        }
        return await self._connection.call(endpoints.ENABLE, body)

    @operation
    async def disable(self, password: str, *, code: str | None = None) -> None:
        """Turn the second factor off: every factor, backup code and trusted device, and all other sessions end.

        A second factor verified in this session within ten minutes is needed, or a code of one in this call.

        Raises:
            StepUpRequiredError: neither was given.
        """
        await self._connection.call(endpoints.DISABLE, {"password": password, "code": code})

    @operation
    async def get_totp_uri(self, password: str, *, code: str | None = None) -> TotpUri:
        """Show the address an authenticator app reads from a QR code; `code` as for `disable`."""
        return await self._connection.call(endpoints.GET_TOTP_URI, {"password": password, "code": code})

    @operation
    async def generate_backup_codes(self, password: str, *, code: str | None = None) -> BackupCodes:
        """Make new backup codes; those made before end. `code` as for `disable`."""
        body = {"password": password, "code": code}
        return await self._connection.call(endpoints.GENERATE_BACKUP_CODES, body)

    @operation
    async def status(self) -> TwoFactorStatus:
        """Say what is on."""
        return await self._connection.call(endpoints.STATUS)

    @operation
    async def trusted_devices(self) -> tuple[TrustedDevice, ...]:
        """List the devices whose next sign-in skips the second step, the last used first."""
        return await self._connection.call(endpoints.TRUSTED_DEVICES)

    @operation
    async def revoke_trusted_device(self, device_id: str) -> None:
        """Trust one device no more. Its open sessions stay open."""
        await self._connection.call(endpoints.REVOKE_TRUSTED_DEVICE, {"id": device_id})

    @operation
    async def revoke_trusted_devices(self) -> None:
        """Trust no device any more, this one included."""
        await self._connection.call(endpoints.REVOKE_TRUSTED_DEVICES)
