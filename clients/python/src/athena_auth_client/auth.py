"""`client.auth`: the account of whoever is signed in, and the way there."""

from typing import Any

from msgspec import UNSET, UnsetType

from athena_auth_client import endpoints
from athena_auth_client.answers import CurrentSession, Session, SignedIn
from athena_auth_client.connection import Connection, S
from athena_auth_client.operation import Group, operation
from athena_auth_client.second_step import Challenge
from athena_auth_client.sign_in import SignIn, SignUp, challenge_in
from athena_auth_client.two_factor import TwoFactor


class Auth(Group[S]):
    """All operations, by the names of the public reference."""

    def __init__(self, connection: Connection[S]) -> None:
        """Take the connection."""
        super().__init__(connection)
        self.sign_in = SignIn(connection)
        self.sign_up = SignUp(connection)
        self.two_factor = TwoFactor(connection)

    @operation
    async def sign_out(self) -> None:
        """End this session. Without one nothing happens."""
        await self._connection.call(endpoints.SIGN_OUT)

    @operation
    async def get_session(self) -> CurrentSession | None:
        """Say who is signed in; None when nobody is, or when the session has ended."""
        return await self._connection.call(endpoints.GET_SESSION)

    @operation
    async def list_sessions(self) -> tuple[Session, ...]:
        """List the account's live sessions."""
        return await self._connection.call(endpoints.LIST_SESSIONS)

    @operation
    async def revoke_session(self, session_id: str, *, code: str | None = None) -> None:
        """End one session of the account; `code` as for `revoke_sessions`."""
        await self._connection.call(endpoints.REVOKE_SESSION, {"token": session_id, "code": code})

    @operation
    async def revoke_sessions(self, *, code: str | None = None) -> None:
        """End all sessions of the account, this one too.

        With two-factor authentication on, a second factor verified in this session within ten minutes is needed, or a
        code of one in this call.

        Raises:
            StepUpRequiredError: neither was given.
        """
        await self._connection.call(endpoints.REVOKE_SESSIONS, {"code": code})

    @operation
    async def revoke_other_sessions(self, *, code: str | None = None) -> None:
        """End all sessions of the account but this one; `code` as for `revoke_sessions`."""
        await self._connection.call(endpoints.REVOKE_OTHER_SESSIONS, {"code": code})

    @operation
    async def update_user(
        self, *, name: str | UnsetType = UNSET, image: str | UnsetType | None = UNSET
    ) -> None:
        """Change the name or the image; what is left out stays, and None removes the image."""
        given: dict[str, Any] = {"name": name, "image": image}
        changes = {field: value for field, value in given.items() if value is not UNSET}
        await self._connection.call(endpoints.UPDATE_USER, changes)

    @operation
    async def delete_user(self, password: str | None = None, *, code: str | None = None) -> None:
        """Delete the account and all that belongs to it; `code` as for `revoke_sessions`.

        The password is needed unless a factor was verified in this session within the last ten minutes.
        """
        await self._connection.call(endpoints.DELETE_USER, {"password": password, "code": code})

    @operation
    async def change_password(
        self,
        *,
        current_password: str,
        new_password: str,
        revoke_other_sessions: bool = True,
        code: str | None = None,
    ) -> SignedIn:
        """Change the password; `code` as for `revoke_sessions`.

        Pending sign-ins and trusted devices end, and by default all other sessions. This one goes on by a new token.
        """
        body = {
            "code": code,
            "currentPassword": current_password,
            "newPassword": new_password,
            "revokeOtherSessions": revoke_other_sessions,
        }
        return await self._connection.call(endpoints.CHANGE_PASSWORD, body)

    @operation
    async def request_password_reset(self, email: str, *, redirect_to: str | None = None) -> None:
        """Send a link that sets a new password, if there is such an account: nobody is told whether there is.

        The link leads to `redirect_to`, which finds the token as `?token=…`.
        """
        body = {"email": email, "redirectTo": redirect_to}
        await self._connection.call(endpoints.REQUEST_PASSWORD_RESET, body)

    @operation
    async def reset_password(self, *, token: str, new_password: str) -> Challenge[S] | None:
        """Set a new password by the token of a link. All sessions end, and nobody is signed in.

        Returns a challenge where a second factor is due, which goes on to sign in; else sign in with the password.
        """
        body = {"token": token, "newPassword": new_password}
        answer = await self._connection.call(endpoints.RESET_PASSWORD, body)
        return challenge_in(answer, self._connection)

    @operation
    async def send_verification_email(self, email: str, *, callback_url: str | None = None) -> None:
        """Send a link that verifies an address, if there is such an account: nobody is told whether there is."""
        body = {"email": email, "callbackURL": callback_url}
        await self._connection.call(endpoints.SEND_VERIFICATION_EMAIL, body)

    @operation
    async def check_reset_token(self, token: str) -> None:
        """Make sure that the link of a password reset still works; nothing changes.

        Raises:
            AthenaError: `INVALID_TOKEN`, it has expired or was used.
        """
        await self._connection.call(endpoints.CHECK_RESET_TOKEN, {"token": token})

    @operation
    async def verify_email(self, token: str) -> None:
        """Verify an address by the token of a link, in a session of its account."""
        await self._connection.call(endpoints.VERIFY_EMAIL, {"token": token})

    @operation
    async def confirm_email(self, token: str, *, password: str) -> None:
        """Verify an address by the token of a link and the password. Nobody is signed in."""
        await self._connection.call(endpoints.CONFIRM_EMAIL, {"token": token, "password": password})

    @operation
    async def recognize_browser(self, token: str, *, password: str) -> None:
        """Have this client recognized by the token of a mail about a blocked account, and the password."""
        await self._connection.call(endpoints.RECOGNIZE_BROWSER, {"token": token, "password": password})
