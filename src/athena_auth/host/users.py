"""Accounts for a host application: what an operator may do, without HTTP and under the same rules.

No method signs a user in: sessions are created only after the required factors have been verified (I1).
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from athena_auth.administration.enforcement import EnforcementService
from athena_auth.administration.invitations import InvitationService
from athena_auth.administration.recoveries import RecoveryAdministration
from athena_auth.administration.service import AdministrationService, NewAccount
from athena_auth.delivery.one_line import one_line
from athena_auth.host.errors import RefusedError
from athena_auth.host.model import (
    EnrolledAuthenticator,
    LiveSession,
    Recovery,
    User,
    enrolled_authenticator_of,
    live_session_of,
    recovery_of,
    user_of,
)
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused, Unavailable
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.kernel.texts import Text
from athena_auth.server.invalid import explain

T = TypeVar("T")

_ID = re.compile(r"[0-9a-f]{32}")
_NO_ID = "0"
"""Replaces text that is not an identifier; PostgreSQL would fail on some texts (U+0000)."""
_LONGEST_REASON = 500


class Users:
    """The accounts of a running server.

    Every method raises `RefusedError` with the code `SERVICE_UNAVAILABLE` if the database is unreachable.
    """

    def __init__(
        self,
        service: Callable[[], AdministrationService],
        invitations: Callable[[], InvitationService],
        enforcement: Callable[[], EnforcementService],
        recoveries: Callable[[], RecoveryAdministration],
    ) -> None:
        self._service = service
        self._invitations = invitations
        self._enforcement = enforcement
        self._recoveries = recoveries

    async def create(
        self,
        *,
        email: str,
        name: str,
        password: str | None = None,
        image: str | None = None,
        email_verified: bool = False,
        language: str | None = None,
    ) -> User:
        """Create an account, without a session. `language` is that of the owner's mails, such as `de`.

        If no password is given, the owner sets one: `POST /request-password-reset` emails them a link.

        Raises:
            RefusedError: `INVALID_EMAIL`, `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`, `VALIDATION_ERROR`, `PASSWORD_TOO_SHORT`,
                `PASSWORD_TOO_LONG`, `PASSWORD_TOO_COMMON` or `PASSWORD_CONTAINS_EMAIL`.
        """
        given = {"email": email, "name": name, "password": password, "image": image, "language": language}
        try:
            new = msgspec.convert({**given, "email_verified": email_verified}, NewAccount)
        except msgspec.ValidationError as error:
            raise RefusedError(Refused(ErrorCode.VALIDATION_ERROR, explain(error, Text("account")))) from None
        return user_of(await _or_refused(self._service().create(new)))

    async def invite(self, email: str, *, page: str | None = None) -> None:
        """Mail an invitation to sign up with this address. It works once, for ATHENA_INVITE_DAYS days.

        Args:
            email: The address; the account that is created with the invitation has it, and it counts as verified.
            page: The sign-up page to open, on this site or a trusted origin; it receives the token as `?invite=…` and passes
                it on as `invite` of `POST /sign-up/email`. By default `/sign-up` of this server's URL.

        Raises:
            RefusedError: `INVALID_EMAIL`, `USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL`, `INVALID_REDIRECT_URL`, or
                `EMAIL_PASSWORD_SIGN_UP_DISABLED` if ATHENA_SIGN_UP is `closed`.
        """
        await _or_refused(self._invitations().invite(email, page))

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
        """Turn two-factor authentication off for a user who has lost their factors, and notify them by mail.

        All their sessions and trusted devices are revoked. The password alone is enough to sign in until they enrol again.
        Verify the person's identity first: an attacker who knows the password would ask for exactly this.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().reset_factors(_user(user_id)))

    async def recovery(self, user_id: str) -> Recovery | None:
        """Return the open recovery case of an account, or None."""
        case = await _or_unreachable(self._recoveries().find(_user(user_id)))
        return None if case is None else recovery_of(case)

    async def open_recovery(self, user_id: str, *, reason: str) -> Recovery:
        """Open a recovery case for a user who has lost every second factor, and notify them by mail.

        It waits for ATHENA_RECOVERY_DAYS days; then the password and a mailed link remove the factors. `reason` is kept in
        the audit log. Verify the person's identity first.

        Raises:
            RefusedError: `USER_NOT_FOUND`, `TWO_FACTOR_NOT_ENABLED`, `RECOVERY_ALREADY_OPEN`, `VALIDATION_ERROR` for the
                reason, or `RECOVERY_NOT_OFFERED` if ATHENA_RECOVERY is off.
        """
        return recovery_of(await _or_refused(self._recoveries().open(_user(user_id), reason)))

    async def shorten_recovery(self, user_id: str, *, reason: str, days: int = 0) -> Recovery:
        """Let the waiting time of a recovery case end in `days` days, and notify the user by mail.

        Raises:
            ValueError: `days` is negative.
            RefusedError: `USER_NOT_FOUND`, `RECOVERY_ENDED` if there is no open case, `CONFLICT` if it does not wait longer
                than that, or `VALIDATION_ERROR` for the reason.
        """
        if days < 0:
            raise ValueError("days must not be negative")
        return recovery_of(await _or_refused(self._recoveries().shorten(_user(user_id), reason, days)))

    async def cancel_recovery(self, user_id: str, *, reason: str) -> None:
        """Cancel the open recovery case of an account, and notify the user by mail.

        Raises:
            RefusedError: `USER_NOT_FOUND`, `RECOVERY_ENDED` if there is no open case, or `VALIDATION_ERROR` for the reason.
        """
        await _or_refused(self._recoveries().cancel(_user(user_id), reason))

    async def require_second_factor(
        self, user_id: str, *, by: datetime | None = None, reason: str | None = None
    ) -> None:
        """Set the deadline by which an account needs a second factor, and notify its owner by mail.

        After it, the password only enrols a second factor, and sessions of the password alone end within about a minute.

        Args:
            user_id: The account.
            by: The deadline, an aware datetime; None for ATHENA_REQUIRE_GRACE days from now.
            reason: Why, for the audit log.

        Raises:
            RefusedError: `USER_NOT_FOUND`, or `VALIDATION_ERROR` if ATHENA_REQUIRE_SECOND_FACTOR is off.
        """
        due_at = None if by is None else Millis(int(by.timestamp() * 1000))
        await _or_refused(self._enforcement().require(_user(user_id), due_at, _note(reason)))

    async def exempt_from_second_factor(self, user_id: str, *, reason: str | None = None) -> None:
        """Exempt an account from ATHENA_REQUIRE_SECOND_FACTOR, until `require_second_factor` ends that.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._enforcement().exempt(_user(user_id), _note(reason)))

    async def require_second_factor_of_all(self) -> int:
        """Begin the grace period of every account without a second factor; return how many deadlines were stored.

        Otherwise that of each begins with its next sign-in.

        Raises:
            RefusedError: `VALIDATION_ERROR` if ATHENA_REQUIRE_SECOND_FACTOR is not `all`.
        """
        return await _or_refused(self._enforcement().begin_for_all())

    async def authenticators(self, user_id: str) -> list[EnrolledAuthenticator]:
        """Return the authenticators of an account, the oldest first, suspended ones included."""
        found = await _or_unreachable(self._service().authenticators_of(_user(user_id)))
        return [enrolled_authenticator_of(each) for each in found]

    async def remove_authenticator(self, user_id: str, authenticator_id: str, *, reason: str) -> None:
        """Remove one of several authenticators, for instance that of a lost phone, and notify the owner by mail.

        All their sessions and trusted devices are revoked. The reason is in the audit log, up to 500 characters of it.

        Raises:
            RefusedError: `USER_NOT_FOUND`, `AUTHENTICATOR_NOT_FOUND`, or `LAST_AUTHENTICATOR`, for the last one that can be
                used: see `reset_second_factor`.
        """
        removed = self._service().remove_authenticator(
            _user(user_id), _known(authenticator_id), _note(reason)
        )
        await _or_refused(removed)

    async def revoke_sessions(self, user_id: str) -> None:
        """Sign a user out everywhere, and end their pending sign-ins.

        Trusted devices stay trusted, and need no code at the next sign-in: see `revoke_trusted_devices`.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().end_sessions(_user(user_id)))

    async def revoke_session(self, user_id: str, session_id: str) -> None:
        """End one session of an account.

        Raises:
            RefusedError: `SESSION_NOT_FOUND`.
        """
        await _or_refused(self._service().end_session(_user(user_id), _session(session_id)))

    async def revoke_trusted_devices(self, user_id: str) -> None:
        """Require the second factor again on every device of an account.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().end_trust(_user(user_id)))

    async def unlock(self, user_id: str) -> None:
        """Reset the failed attempts of an account, both at its password and at its factors.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().unlock(_user(user_id)))

    async def delete(self, user_id: str) -> None:
        """Delete an account and all its data except its events in the audit log.

        Raises:
            RefusedError: `USER_NOT_FOUND`.
        """
        await _or_refused(self._service().delete(_user(user_id)))


def _user(user_id: str) -> UserId:
    return UserId(_known(user_id))


def _session(session_id: str) -> SessionId:
    return SessionId(_known(session_id))


def _note(reason: str | None) -> str | None:
    """Return a reason as the audit log keeps it."""
    return None if reason is None else one_line(reason, limit=_LONGEST_REASON)


def _known(given: str) -> str:
    return given if _ID.fullmatch(given) else _NO_ID


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
