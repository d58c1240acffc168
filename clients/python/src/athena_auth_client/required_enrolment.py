"""Enrolling the second factor without which the server signs nobody in."""

from typing import Any

from athena_auth_client import endpoints
from athena_auth_client.connection import Connection, S
from athena_auth_client.models import OtpEnrolment, PasskeyEnrolment, SignedIn, TotpEnrolment
from athena_auth_client.operation import OperationGroup, operation


class RequiredEnrolment(OperationGroup[S]):
    """The password was right, but the account must enrol a second factor first: confirming one completes the sign-in.

    It works for twenty minutes. After that every call raises `ChallengeEndedError`: sign in with the password again.
    """

    def __init__(self, connection: Connection[S], token: str, methods: tuple[str, ...]) -> None:
        super().__init__(connection)
        self.token = token
        """Valid for enrolling only. Keep it to resume the enrolment in another request or process."""
        self.methods = methods
        """The methods that can be enrolled, see `Method`."""

    def __repr__(self) -> str:
        return f"RequiredEnrolment(methods={self.methods!r})"

    @operation
    async def enable_totp(
        self, password: str, *, issuer: str | None = None, qr_code: bool = False
    ) -> TotpEnrolment:
        """Begin to enrol an authenticator app; `verify_totp` confirms it. The arguments are those of `two_factor.enable`."""
        body = {"password": password, "method": "totp", "issuer": issuer, "qrCode": qr_code or None}
        return await self._connection.call(endpoints.ENABLE_TOTP, body, challenge=self.token)

    @operation
    async def enable_otp(self, password: str, *, phone_number: str | None = None) -> OtpEnrolment:
        """Begin to enrol codes by mail or text message, and have the first one sent; `verify_otp` confirms it."""
        body = {"password": password, "method": "otp", "phoneNumber": phone_number}
        return await self._connection.call(endpoints.ENABLE_OTP, body, challenge=self.token)

    @operation
    async def enable_passkey(self, password: str, *, label: str | None = None) -> PasskeyEnrolment:
        """Begin to enrol a passkey; `verify_passkey` confirms it. `label` is what the owner calls it."""
        body = {"password": password, "method": "passkey", "label": label}
        return await self._connection.call(endpoints.ENABLE_PASSKEY, body, challenge=self.token)

    @operation
    async def send_otp(self) -> None:
        """Send another code."""
        await self._connection.call(endpoints.SEND_OTP, {}, challenge=self.token)

    @operation
    async def verify_totp(self, code: str, *, trust_device: bool = False) -> SignedIn:
        """Confirm the authenticator app with a code, and complete the sign-in. Raises `WrongCodeError`."""
        body = {"code": code, "trustDevice": trust_device}
        return await self._connection.call(endpoints.VERIFY_TOTP, body, challenge=self.token)

    @operation
    async def verify_otp(self, code: str, *, trust_device: bool = False) -> SignedIn:
        """Confirm the sent codes with one of them, and complete the sign-in. Raises `WrongCodeError`."""
        body = {"code": code, "trustDevice": trust_device}
        return await self._connection.call(endpoints.VERIFY_OTP, body, challenge=self.token)

    @operation
    async def verify_passkey(self, response: dict[str, Any], *, trust_device: bool = False) -> SignedIn:
        """Confirm the passkey with what the browser made of the `options` of `enable_passkey`, and complete the sign-in."""
        body = {"response": response, "trustDevice": trust_device}
        return await self._connection.call(endpoints.VERIFY_PASSKEY, body, challenge=self.token)
