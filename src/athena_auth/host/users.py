"""Accounts for a host's own code: what an operator may do, without HTTP and under the same rules.

There is no way here to sign somebody in: a session comes out of the factors and of nothing else (I1).
"""

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from athena_auth.administration.service import AdministrationService, NewAccount
from athena_auth.host.errors import RefusedError
from athena_auth.host.model import LiveSession, User, live_session_of, user_of
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.kernel.outcome import ErrorCode, Refused, Unavailable
from athena_auth.server.request import explain

T = TypeVar("T")

_ID = re.compile(r"[0-9a-f]{32}")
_NOBODYS = "0"
"""What is no identifier is nobody's; PostgreSQL itself would refuse some texts (U+0000) with an error of its own."""


class Users:
    """The accounts of a running server.

    Every method raises `RefusedError` with the code `SERVICE_UNAVAILABLE` when the database is out of reach.
    """

    def __init__(self, service: Callable[[], AdministrationService]) -> None:
        """Take the use cases of this run of the server."""
        self._service = service

    async def create(
        self,
        *,
        email: str,
        name: str,
        password: str | None = None,
        image: str | None = None,
        email_verified: bool = False,
    ) -> User:
        """Create an account; nobody is signed in.

        Without a password, have the owner set one: `POST /request-password-reset` mails her a link.

        Raises:
            RefusedError: `INVALID_EMAIL`, `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`, `VALIDATION_ERROR`, `PASSWORD_TOO_SHORT`,
                `PASSWORD_TOO_LONG`, `PASSWORD_TOO_COMMON` or `PASSWORD_CONTAINS_EMAIL`.
        """
        given = {"email": email, "name": name, "password": password, "image": image}
        try:
            new = msgspec.convert({**given, "email_verified": email_verified}, NewAccount)
        except msgspec.ValidationError as error:
            raise RefusedError(Refused(ErrorCode.VALIDATION_ERROR, explain(error, "account"))) from None
        return user_of(await _or_refused(self._service().create(new)))

    async def get(self, user_id: str) -> User | None:
        """Return the account with this id, or None."""
        account = await _or_unreachable(self._service().get(_user(user_id)))
        return None if account is None else user_of(account)

    async def find(self, email: str) -> User | None:
        """Return the account with this address, or None."""
        account = await _or_unreachable(self._service().find(email))
        return None if account is None else user_of(account)

    async def sessions(self, user_id: str) -> list[LiveSession]:
        """Return the live sessions of an account, newest first."""
        return [
            live_session_of(s) for s in await _or_unreachable(self._service().sessions_of(_user(user_id)))
        ]

    async def reset_second_factor(self, user_id: str) -> None:
        """Turn two-factor authentication off for somebody who has lost her factors; she is told by mail.

        All her sessions and trusted devices end; the password alone opens the account until she enrols anew. Make
        sure first that it is she who asks: an attacker with her password would ask for exactly this.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().reset_factors(_user(user_id)))

    async def revoke_sessions(self, user_id: str) -> None:
        """Sign somebody out everywhere; a sign-in that waits for its second factor ends too.

        Devices stay trusted, and need no code at the next sign-in: see `revoke_trusted_devices`.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().end_sessions(_user(user_id)))

    async def revoke_session(self, user_id: str, session_id: str) -> None:
        """End one session.

        Raises:
            RefusedError: `SESSION_NOT_FOUND`: the account has no such session.
        """
        await _or_refused(self._service().end_session(_user(user_id), _session(session_id)))

    async def revoke_trusted_devices(self, user_id: str) -> None:
        """Ask every device of somebody for the second factor again.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().end_trust(_user(user_id)))

    async def unlock(self, user_id: str) -> None:
        """Give an account its whole budget of guesses back, at its password and at its factors.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().unlock(_user(user_id)))

    async def delete(self, user_id: str) -> None:
        """Delete an account and all that is its owner's.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().delete(_user(user_id)))


def _user(user_id: str) -> UserId:
    return UserId(user_id if _ID.fullmatch(user_id) else _NOBODYS)


def _session(session_id: str) -> SessionId:
    return SessionId(session_id if _ID.fullmatch(session_id) else _NOBODYS)


async def _or_unreachable(work: Awaitable[T]) -> T:
    try:
        return await work
    except Unavailable as outage:
        refused = Refused(ErrorCode.SERVICE_UNAVAILABLE, retry_after=outage.retry_after)
        raise RefusedError(refused) from outage


async def _or_refused(work: Awaitable[T | Refused]) -> T:
    outcome = await _or_unreachable(work)
    if isinstance(outcome, Refused):
        raise RefusedError(outcome)
    return outcome
