"""Operator commands that use `Athena`, as a host application does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from athena_auth.host.athena import Athena
from athena_auth.host.model import EnrolledAuthenticator
from athena_auth.settings import Settings, SettingsError
from athena_auth.store.migrate import require_current
from athena_auth.wiring.resources import open_keyring


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
    athena = Athena(settings, migrates=False, pages=settings.pages == "on")
    async with athena.lifespan():
        yield athena


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


async def authenticators(settings: Settings, email: str) -> list[EnrolledAuthenticator] | None:
    """Return the authenticators of the account with this address. None means that no account has it.

    Raises:
        SettingsError: a setting cannot be used.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: the database became unreachable.
    """
    async with _athena(settings, prints_mail=True) as athena:
        user = await athena.users.find(email)
        return None if user is None else await athena.users.authenticators(user.id)


async def remove_authenticator(
    settings: Settings, email: str, authenticator_id: str, reason: str, *, prints_mail: bool
) -> bool:
    """Remove one of several authenticators of the account with this address. False means that no account has it.

    Args:
        settings: The server's settings; with others the mail to the owner is not sent.
        email: The account's address.
        authenticator_id: Which one.
        reason: Why, for the audit log.
        prints_mail: Whether the mail may be printed here instead of being sent.

    Raises:
        SettingsError: a setting cannot be used, or the mail would be printed without permission.
        Unavailable: the database or its generated secret is missing or unreachable.
        RefusedError: there is no such authenticator, it is the last usable one, or the database became unreachable.
    """
    async with _athena(settings, prints_mail=prints_mail) as athena:
        user = await athena.users.find(email)
        if user is not None:
            await athena.users.remove_authenticator(user.id, authenticator_id, reason=reason)
        return user is not None


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
