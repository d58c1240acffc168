"""Operator commands that use `Athena`, as a host application does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

import msgspec

from athena_auth.host.athena import Athena
from athena_auth.host.model import EnrolledAuthenticator, User
from athena_auth.mfa.model import FactorName
from athena_auth.settings import Settings, SettingsError
from athena_auth.store.migrate import require_current
from athena_auth.wiring.resources import open_keyring

T = TypeVar("T")


@asynccontextmanager
async def _athena(settings: Settings, *, prints_mail: bool) -> AsyncIterator[Athena]:
    # A server creates what is missing at its start. Here that would hide a wrong working directory or setting.
    await asyncio.to_thread(require_current, settings.database_url)
    open_keyring(settings, makes_one=False)
    if settings.mail_url.lower() == "console:" and not prints_mail:
        raise SettingsError(
            "The mail would be printed here and not sent, because ATHENA_MAIL_URL is not set or is console:. "
            "Run this with the server's ATHENA_ settings, or with --print-mail to print it."
        )
    athena = Athena(_with_known_methods(settings), migrates=False, pages=settings.pages == "on")
    async with athena.lifespan():
        yield athena


def _with_known_methods(settings: Settings) -> Settings:
    """Return the settings without the methods of a host application, whose factors this process does not have."""
    known = tuple(name for name in settings.methods if name in set(FactorName))
    # Backup codes alone would be refused, and all methods are the default.
    usable = known if set(known) - {FactorName.BACKUP_CODE} else ()
    return settings.model_copy(update={"methods": usable})


async def reset_factors(settings: Settings, email: str, *, prints_mail: bool) -> bool | None:
    """Turn two-factor authentication off for the account with this address.

    False means that it was already off: nothing was changed or mailed. None means that no account has this address.

    Args:
        settings: The server's settings; with others the mail to the owner is not sent.
        email: The account's address.
        prints_mail: Whether the mail may be printed here instead of being sent.

    Raises:
        SettingsError: a setting cannot be used, or the mail would be printed without permission.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: the database became unreachable.
    """
    async with _athena(settings, prints_mail=prints_mail) as athena:
        user = await athena.users.find(email)
        if user is None:
            return None
        if user.two_factor_enabled:
            await athena.users.reset_second_factor(user.id)
        return user.two_factor_enabled


class DeadlineRequest(msgspec.Struct, frozen=True):
    """What an operator demands of one account.

    Attributes:
        due_at: The deadline; None for the end of the grace period that begins now.
        reason: Why, for the audit log.
        exempts: Whether the account is exempted instead.
    """

    email: str
    due_at: datetime | None
    reason: str | None
    exempts: bool


async def require_second_factor(settings: Settings, demand: DeadlineRequest, *, prints_mail: bool) -> bool:
    """Set the deadline of an account, or exempt it; False if no account has this address.

    Raises:
        SettingsError: a setting cannot be used, or the mail would be printed without permission.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: the policy is off, or the database became unreachable.
    """
    async with _athena(settings, prints_mail=prints_mail) as athena:
        user = await athena.users.find(demand.email)
        if user is None:
            return False
        if demand.exempts:
            await athena.users.exempt_from_second_factor(user.id, reason=demand.reason)
        else:
            await athena.users.require_second_factor(user.id, by=demand.due_at, reason=demand.reason)
        return True


async def require_of_all(settings: Settings, *, prints_mail: bool) -> int:
    """Begin the grace period of every account without a second factor, and return their number. Raises as above."""
    async with _athena(settings, prints_mail=prints_mail) as athena:
        return await athena.users.require_second_factor_of_all()


async def authenticators(settings: Settings, email: str) -> tuple[User, list[EnrolledAuthenticator]] | None:
    """Return the account with this address and its authenticators. None means that no account has it.

    Raises:
        SettingsError: a setting cannot be used.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: the database became unreachable.
    """
    async with _athena(settings, prints_mail=True) as athena:
        user = await athena.users.find(email)
        return None if user is None else (user, await athena.users.authenticators(user.id))


async def act_on(
    settings: Settings, email: str, work: Callable[[Athena, User], Awaitable[T]], *, prints_mail: bool
) -> T | None:
    """Return the result of the work on the account with this address; None if no account has it.

    Args:
        settings: The server's settings; with others the mail to the owner is not sent.
        email: The account's address.
        work: Acts on the account.
        prints_mail: Whether the mail may be printed here instead of being sent.

    Raises:
        SettingsError: a setting cannot be used, or the mail would be printed without permission.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: the work was refused, or the database became unreachable.
    """
    async with _athena(settings, prints_mail=prints_mail) as athena:
        user = await athena.users.find(email)
        return None if user is None else await work(athena, user)


async def invite(settings: Settings, email: str, page: str | None, *, prints_mail: bool) -> None:
    """Mail an invitation to sign up with this address.

    Args:
        settings: The server's settings; with others the mail is not sent, or has a link to another server.
        email: The address.
        page: The page that the link leads to; None for the server's own.
        prints_mail: Whether the mail may be printed here instead of being sent.

    Raises:
        SettingsError: a setting cannot be used, or the mail would be printed without permission.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: the address cannot be invited, or the database became unreachable.
    """
    async with _athena(settings, prints_mail=prints_mail) as athena:
        await athena.users.invite(email, page=page)
