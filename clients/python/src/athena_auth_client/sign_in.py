"""Signing up and in by mail address and password."""

from athena_auth_client import endpoints
from athena_auth_client.answers import FirstStep, SignedIn
from athena_auth_client.connection import Connection, S
from athena_auth_client.errors import UNEXPECTED_ANSWER, AthenaError
from athena_auth_client.operation import Group, operation
from athena_auth_client.second_step import Challenge


class SignUp(Group[S]):
    """Ways to create an account."""

    @operation
    async def email(
        self, *, name: str, email: str, password: str, image: str | None = None, remember_me: bool = True
    ) -> SignedIn:
        """Create an account and sign in."""
        body = {
            "name": name,
            "email": email,
            "password": password,
            "image": image,
            "rememberMe": remember_me,
        }
        return await self._connection.call(endpoints.SIGN_UP, body)


class SignIn(Group[S]):
    """Ways to sign in."""

    @operation
    async def email(self, *, email: str, password: str, remember_me: bool = True) -> SignedIn | Challenge[S]:
        """Sign in with a password.

        Returns a challenge where a second factor is due: `isinstance(answer, Challenge)` tells, and its
        `verify_…` methods go on. Without `remember_me` the session lasts a day at most.

        Raises:
            AthenaError: INVALID_EMAIL_OR_PASSWORD, whichever of the two it is.
            RateLimitedError: too many wrong passwords; wait.
        """
        body = {"email": email, "password": password, "rememberMe": remember_me}
        answer = await self._connection.call(endpoints.SIGN_IN, body)
        challenge = challenge_in(answer, self._connection)
        if challenge is not None:
            return challenge
        if answer.token is None or answer.user is None:
            raise AthenaError(
                UNEXPECTED_ANSWER, "The server answered with neither a session nor a challenge."
            )
        return SignedIn(token=answer.token, user=answer.user)

    def resume(self, challenge_token: str, methods: tuple[str, ...] = ()) -> Challenge[S]:
        """Return the challenge of a sign-in that another request or process began. Asks the server nothing."""
        return Challenge(self._connection, challenge_token, methods)


def challenge_in(answer: FirstStep, connection: Connection[S]) -> Challenge[S] | None:
    """Return the challenge that a first factor was answered with, if it was."""
    if not answer.two_factor_redirect or answer.token is None:
        return None
    return Challenge(connection, answer.token, answer.two_factor_methods)
