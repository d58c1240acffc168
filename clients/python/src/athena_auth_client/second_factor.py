"""The second step: codes, of a sign-in under way or in a live session."""

from typing import Any

from athena_auth_client import endpoints
from athena_auth_client.answers import SignedIn, SignedInByBackupCode
from athena_auth_client.connection import Connection, S
from athena_auth_client.endpoints import Endpoint, T
from athena_auth_client.operation import Group, operation


class SecondStep(Group[S]):
    """What answers a challenge, confirms an enrolment, or proves a factor again.

    None of it is ever repeated by the client: each try counts, and each code works once.
    """

    _challenge: str | None = None

    async def _answer(self, endpoint: Endpoint[T], body: dict[str, Any], *, keep_session: bool = True) -> T:
        return await self._connection.call(
            endpoint, body, challenge=self._challenge, keep_session=keep_session
        )

    @operation
    async def verify_totp(self, code: str, *, trust_device: bool = False) -> SignedIn:
        """Verify a code of the authenticator app.

        With `trust_device` the next sign-ins of this client skip the second step.

        Raises:
            WrongCodeError: it is wrong or was used already.
            ChallengeEndedError: the sign-in is over; begin again with the password.
            RateLimitedError: too many wrong codes; wait.
        """
        return await self._answer(endpoints.VERIFY_TOTP, {"code": code, "trustDevice": trust_device})

    @operation
    async def send_otp(self) -> None:
        """Send a code by mail or text message. It is good for this sign-in or session only, and replaces the one sent before.

        Raises:
            RateLimitedError: one was sent just now, or too many were.
        """
        await self._answer(endpoints.SEND_OTP, {})

    @operation
    async def verify_otp(self, code: str, *, trust_device: bool = False) -> SignedIn:
        """Verify a code that was sent; see `verify_totp`."""
        return await self._answer(endpoints.VERIFY_OTP, {"code": code, "trustDevice": trust_device})

    @operation
    async def verify_backup_code(
        self, code: str, *, trust_device: bool = False, disable_session: bool = False
    ) -> SignedInByBackupCode:
        """Verify a backup code, in any case, with or without dashes; see `verify_totp`.

        With `disable_session` this client does not take the session over: its token is in the answer only.
        """
        body = {"code": code, "trustDevice": trust_device, "disableSession": disable_session}
        return await self._answer(endpoints.VERIFY_BACKUP_CODE, body, keep_session=not disable_session)


class Challenge(SecondStep[S]):
    """A password was right and a second factor is due: a code finishes the sign-in."""

    def __init__(self, connection: Connection[S], token: str, methods: tuple[str, ...]) -> None:
        """Take what the server answered."""
        super().__init__(connection)
        self._challenge = token
        self.token = token
        """Opens nothing but the second step. Keep it where the sign-in goes on in another request or process."""
        self.methods = methods
        """What may answer it, see `Method`; the first is the one to offer first."""

    def __repr__(self) -> str:
        return f"Challenge(methods={self.methods!r})"
