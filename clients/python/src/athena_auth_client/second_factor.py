"""Verifying a second factor, to complete a sign-in or in a session."""

from typing import Any

from athena_auth_client import endpoints
from athena_auth_client.connection import Connection, S
from athena_auth_client.endpoints import Endpoint, T
from athena_auth_client.models import SignedIn, SignedInByBackupCode
from athena_auth_client.operation import OperationGroup, operation
from athena_auth_client.passkey_models import PasskeyPrompt


class SecondFactor(OperationGroup[S]):
    """What completes a sign-in, confirms an enrolment, or steps a session up.

    The client never retries any of it: each attempt counts, and each code works once.
    """

    _challenge: str | None = None

    async def _call(self, endpoint: Endpoint[T], body: dict[str, Any], *, store_session: bool = True) -> T:
        return await self._connection.call(
            endpoint, body, challenge=self._challenge, store_session=store_session
        )

    @operation
    async def verify_totp(self, code: str, *, trust_device: bool = False) -> SignedIn:
        """Verify a code of the authenticator app.

        With `trust_device` this client skips the second factor at later sign-ins.

        Raises:
            WrongCodeError: the code is wrong or was used already.
            ChallengeEndedError: the sign-in has ended; start again with the password.
            RateLimitedError: too many wrong codes; wait.
        """
        return await self._call(endpoints.VERIFY_TOTP, {"code": code, "trustDevice": trust_device})

    @operation
    async def send_otp(self) -> None:
        """Send a code by mail or text message. It is valid for this sign-in or session only, and replaces earlier ones.

        Raises:
            RateLimitedError: a code was sent moments ago, or too many were sent.
        """
        await self._call(endpoints.SEND_OTP, {})

    @operation
    async def verify_otp(self, code: str, *, trust_device: bool = False) -> SignedIn:
        """Verify a code that was sent; see `verify_totp`."""
        return await self._call(endpoints.VERIFY_OTP, {"code": code, "trustDevice": trust_device})

    @operation
    async def prompt_passkey(self) -> PasskeyPrompt:
        """Return the options for using a passkey. They are valid for this sign-in or session only, and for one response."""
        return await self._call(endpoints.PROMPT_PASSKEY, {})

    @operation
    async def verify_passkey(self, response: dict[str, Any], *, trust_device: bool = False) -> SignedIn:
        """Verify what the browser made of `prompt_passkey`, or of the `options` of `enable`; see `verify_totp`.

        `response` is the `toJSON()` of what `navigator.credentials` returned.
        """
        return await self._call(endpoints.VERIFY_PASSKEY, {"response": response, "trustDevice": trust_device})

    @operation
    async def verify_backup_code(
        self, code: str, *, trust_device: bool = False, disable_session: bool = False
    ) -> SignedInByBackupCode:
        """Verify a backup code, in upper or lower case, with or without dashes; see `verify_totp`.

        With `disable_session` the client does not store the new session: its token is in the result only.
        """
        body = {"code": code, "trustDevice": trust_device, "disableSession": disable_session}
        return await self._call(endpoints.VERIFY_BACKUP_CODE, body, store_session=not disable_session)


class Challenge(SecondFactor[S]):
    """The password was right and a second factor is required: a code completes the sign-in."""

    def __init__(
        self, connection: Connection[S], token: str, methods: tuple[str, ...], preferred: str | None = None
    ) -> None:
        super().__init__(connection)
        self._challenge = token
        self.token = token
        """Valid for the second factor only. Keep it to resume the sign-in in another request or process."""
        self.methods = methods
        """The methods that can complete the sign-in, see `Method`."""
        self.preferred_method = preferred
        """The method to offer first; None if the challenge was resumed without one."""

    @operation
    async def begin_recovery(self) -> None:
        """Mail the link that begins a recovery to an owner who has lost every second factor.

        Raises:
            AthenaError: RECOVERY_NOT_OFFERED, the server's ATHENA_RECOVERY is off.
            RateLimitedError: too many links were sent; wait.
        """
        await self._call(endpoints.BEGIN_RECOVERY, {})

    def __repr__(self) -> str:
        return f"Challenge(methods={self.methods!r})"
