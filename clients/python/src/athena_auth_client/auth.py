"""`client.auth`: signing in, and the account of the signed-in user."""

from typing import Any

from msgspec import UNSET, UnsetType

from athena_auth_client import endpoints
from athena_auth_client.connection import Connection, S
from athena_auth_client.models import CurrentSession, Session, SignedIn, User
from athena_auth_client.operation import OperationGroup, operation
from athena_auth_client.passkeys import Passkeys
from athena_auth_client.second_factor import Challenge
from athena_auth_client.sign_in import SignIn, SignUp, challenge_from
from athena_auth_client.two_factor import TwoFactor


class Auth(OperationGroup[S]):
    """The operations, named as the endpoints of the API."""

    def __init__(self, connection: Connection[S]) -> None:
        super().__init__(connection)
        self.sign_in = SignIn(connection)
        self.sign_up = SignUp(connection)
        self.two_factor = TwoFactor(connection)
        self.passkeys = Passkeys(connection)

    @operation
    async def sign_out(self) -> None:
        """End this session. Without a session this does nothing."""
        await self._connection.call(endpoints.SIGN_OUT)

    @operation
    async def get_session(self) -> CurrentSession | None:
        """Return the session and its user; None if there is no session, or it has ended."""
        return await self._connection.call(endpoints.GET_SESSION)

    @operation
    async def token(self) -> str:
        """Return a JSON Web Token about this session, for a service that verifies it with the server's public keys.

        It is valid for a few minutes: request a new one for each piece of work.

        Raises:
            UnauthorizedError: there is no session, or it has ended.
        """
        return (await self._connection.call(endpoints.TOKEN)).token

    @operation
    async def list_sessions(self) -> tuple[Session, ...]:
        """List the sessions of the account."""
        return await self._connection.call(endpoints.LIST_SESSIONS)

    @operation
    async def revoke_session(self, session_id: str, *, code: str | None = None) -> None:
        """Revoke one session of the account; `code` as for `revoke_sessions`."""
        await self._connection.call(endpoints.REVOKE_SESSION, {"token": session_id, "code": code})

    @operation
    async def revoke_sessions(self, *, code: str | None = None) -> None:
        """Revoke all sessions of the account, this one included.

        With two-factor authentication on, it needs a second factor verified in this session in the last ten minutes, or a
        `code` of one in this call.

        Raises:
            StepUpRequiredError: neither was given.
        """
        await self._connection.call(endpoints.REVOKE_SESSIONS, {"code": code})

    @operation
    async def revoke_other_sessions(self, *, code: str | None = None) -> None:
        """Revoke all other sessions of the account; `code` as for `revoke_sessions`."""
        await self._connection.call(endpoints.REVOKE_OTHER_SESSIONS, {"code": code})

    @operation
    async def update_user(
        self,
        *,
        name: str | UnsetType = UNSET,
        image: str | UnsetType | None = UNSET,
        language: str | UnsetType | None = UNSET,
    ) -> None:
        """Change the name, the image or the language of mails (BCP 47). None removes the image or the language."""
        fields: dict[str, Any] = {"name": name, "image": image, "language": language}
        changes = {field: value for field, value in fields.items() if value is not UNSET}
        await self._connection.call(endpoints.UPDATE_USER, changes)

    @operation
    async def delete_user(self, password: str | None = None, *, code: str | None = None) -> None:
        """Delete the account and all its data; `code` as for `revoke_sessions`.

        The password is required unless a factor was verified in this session in the last ten minutes.
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

        Pending sign-ins, trusted devices and by default all other sessions are revoked. This session gets a new token.
        """
        body = {
            "code": code,
            "currentPassword": current_password,
            "newPassword": new_password,
            "revokeOtherSessions": revoke_other_sessions,
        }
        return await self._connection.call(endpoints.CHANGE_PASSWORD, body)

    @operation
    async def remove_password(self) -> SignedIn:
        """Remove the password, so that the user signs in with passkeys only. This session gets a new token.

        Two-factor authentication must be on and the address verified, and a passkey must have verified its user in this
        session in the last ten minutes. Pending sign-ins, trusted devices and all other sessions are revoked.

        Raises:
            StepUpRequiredError: no passkey has verified its user recently.
        """
        return await self._connection.call(endpoints.REMOVE_PASSWORD, {})

    @operation
    async def set_password(self, new_password: str, *, revoke_other_sessions: bool = True) -> SignedIn:
        """Set a password for an account that has none. It revokes what `change_password` does, and needs a passkey as above.

        Raises:
            StepUpRequiredError: as for `remove_password`.
        """
        body = {"newPassword": new_password, "revokeOtherSessions": revoke_other_sessions}
        return await self._connection.call(endpoints.SET_PASSWORD, body)

    @operation
    async def change_email(
        self,
        new_email: str,
        *,
        callback_url: str | None = None,
        password: str | None = None,
        code: str | None = None,
    ) -> None:
        """Mail a link to a new address, which replaces the account's when it is opened; `code` as for `revoke_sessions`.

        The result does not tell whether the new address has an account. An account without a second factor needs its
        password, unless it has signed in in the last ten minutes.
        """
        body = {"callbackURL": callback_url, "code": code, "newEmail": new_email, "password": password}
        await self._connection.call(endpoints.CHANGE_EMAIL, body)

    @operation
    async def verify_email_change(self, token: str) -> User:
        """Change the address with the token of the link to the new one, in a session of the account."""
        return (await self._connection.call(endpoints.VERIFY_EMAIL_CHANGE, {"token": token})).user

    @operation
    async def undo_email_change(self, token: str) -> None:
        """Restore the old address with the token of the link to it. All sessions end, and the password works no longer."""
        await self._connection.call(endpoints.UNDO_EMAIL_CHANGE, {"token": token})

    @operation
    async def request_password_reset(self, email: str, *, redirect_to: str | None = None) -> None:
        """Mail a link that sets a new password. The result does not tell whether the account exists.

        The link leads to `redirect_to` with the token appended as `?token=…`.
        """
        body = {"email": email, "redirectTo": redirect_to}
        await self._connection.call(endpoints.REQUEST_PASSWORD_RESET, body)

    @operation
    async def reset_password(self, *, token: str, new_password: str) -> Challenge[S] | None:
        """Set a new password with the token of a reset link. All sessions are revoked; this does not sign in.

        Returns a `Challenge` if a second factor is required, to complete a sign-in with; else None: sign in with the password.
        """
        body = {"token": token, "newPassword": new_password}
        result = await self._connection.call(endpoints.RESET_PASSWORD, body)
        return challenge_from(result, self._connection)

    @operation
    async def send_verification_email(self, email: str, *, callback_url: str | None = None) -> None:
        """Mail a link that verifies an address. The result does not tell whether the account exists."""
        body = {"email": email, "callbackURL": callback_url}
        await self._connection.call(endpoints.SEND_VERIFICATION_EMAIL, body)

    @operation
    async def check_reset_token(self, token: str) -> None:
        """Check that the token of a reset link is valid, without using it.

        Raises:
            AthenaError: INVALID_TOKEN, it has expired or was used already.
        """
        await self._connection.call(endpoints.CHECK_RESET_TOKEN, {"token": token})

    @operation
    async def verify_email(self, token: str) -> User:
        """Verify an address with the token of a link, in a session of its account."""
        return (await self._connection.call(endpoints.VERIFY_EMAIL, {"token": token})).user

    @operation
    async def confirm_email(self, token: str, *, password: str) -> User:
        """Verify an address with the token of a link and the password. This does not sign in."""
        body = {"token": token, "password": password}
        return (await self._connection.call(endpoints.CONFIRM_EMAIL, body)).user

    @operation
    async def recognize_browser(self, token: str, *, password: str) -> None:
        """Make this client a recognized browser, with the token of a mail about a blocked account, and the password."""
        await self._connection.call(endpoints.RECOGNIZE_BROWSER, {"token": token, "password": password})
