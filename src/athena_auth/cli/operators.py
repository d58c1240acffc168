"""Operator commands that use `Athena`, as a host application does."""

import asyncio

from athena_auth.host.athena import Athena
from athena_auth.settings import Settings, SettingsError
from athena_auth.store.migrate import require_current
from athena_auth.wiring.resources import open_keyring


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
    # A server creates what is missing at its start. Here that would hide a wrong working directory or setting.
    await asyncio.to_thread(require_current, settings.database_url)
    open_keyring(settings, makes_one=False)
    if settings.mail_url.lower() == "console:" and not prints_mail:
        raise SettingsError(
            "The mail to the account owner would be printed here and not sent, because ATHENA_MAIL_URL is not set or is "
            "console:. Run this with the server's ATHENA_ settings, or with --print-mail to print it."
        )
    athena = Athena(settings, migrates=False)
    async with athena.lifespan():
        user = await athena.users.find(email)
        if user is None:
            return None
        if user.two_factor_enabled:
            await athena.users.reset_second_factor(user.id)
        return user.two_factor_enabled
