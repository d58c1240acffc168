"""Signing up and signing in with an email address and a password."""

from athena_auth_client import endpoints
from athena_auth_client.connection import Connection, S
from athena_auth_client.errors import UNEXPECTED_ANSWER, AthenaError
from athena_auth_client.models import PasswordResetResult, SignedIn, SignedInByPassword, SignedUp
from athena_auth_client.operation import OperationGroup, operation
from athena_auth_client.required_enrolment import RequiredEnrolment
from athena_auth_client.second_factor import Challenge


class SignUp(OperationGroup[S]):
    """The ways to create an account."""

    @operation
    async def email(
        self,
        *,
        name: str,
        email: str,
        password: str,
        image: str | None = None,
        invite: str | None = None,
        remember_me: bool = True,
    ) -> SignedUp:
        """Create an account and sign in.

        If the server requires verified addresses, nobody is signed in: `token` is None, and the server mails a link. `invite` is
        the token of an invitation, which verifies the address.

        Raises:
            AthenaError: EMAIL_PASSWORD_SIGN_UP_DISABLED, INVITE_REQUIRED or INVALID_INVITE: they may not sign up.
        """
        body = {
            "name": name,
            "email": email,
            "password": password,
            "image": image,
            "invite": invite,
            "rememberMe": remember_me,
        }
        return await self._connection.call(endpoints.SIGN_UP, body)


class SignIn(OperationGroup[S]):
    """The ways to sign in."""

    @operation
    async def email(
        self, *, email: str, password: str, remember_me: bool = True
    ) -> SignedIn | Challenge[S] | RequiredEnrolment[S]:
        """Sign in with a password.

        Returns a `Challenge` if a second factor is required (test with `isinstance`); its `verify_…` methods complete the
        sign-in. Returns a `RequiredEnrolment` if the account must enrol a second factor first. Without `remember_me` the
        session lasts a day at most. A `SignedIn` is a `SignedInByPassword`, which has the deadline of a second factor.

        Raises:
            AthenaError: INVALID_EMAIL_OR_PASSWORD, without telling which of the two is wrong; EMAIL_NOT_VERIFIED, the server
                requires a verified address and has mailed another link.
            RateLimitedError: too many wrong passwords; wait.
        """
        body = {"email": email, "password": password, "rememberMe": remember_me}
        result = await self._connection.call(endpoints.SIGN_IN, body)
        challenge = challenge_from(result, self._connection)
        if challenge is not None:
            return challenge
        if result.enrolment_token is not None:
            return self.resume_enrolment(result.enrolment_token, result.methods)
        if result.token is None or result.user is None:
            raise AthenaError(
                UNEXPECTED_ANSWER, "The server answered with neither a session nor a challenge."
            )
        return SignedInByPassword(
            token=result.token, user=result.user, second_factor_due_at=result.second_factor_due_at
        )

    def resume(self, challenge_token: str, methods: tuple[str, ...] = ()) -> Challenge[S]:
        """Return the challenge of a sign-in begun in another request or process. Sends no request."""
        return Challenge(self._connection, challenge_token, methods)

    def resume_enrolment(self, enrolment_token: str, methods: tuple[str, ...] = ()) -> RequiredEnrolment[S]:
        """Return the enrolment that a sign-in or sign-up requires, also in another request or process. Sends no request."""
        return RequiredEnrolment(self._connection, enrolment_token, methods)


def challenge_from(result: PasswordResetResult, connection: Connection[S]) -> Challenge[S] | None:
    """Return the challenge in this result, or None if no second factor is required."""
    if not result.two_factor_redirect or result.token is None:
        return None
    return Challenge(connection, result.token, result.two_factor_methods, result.preferred_method)
