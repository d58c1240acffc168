"""What operators do from the command line through the same object as a host's own code."""

import asyncio

from athena_auth.host.athena import Athena
from athena_auth.settings import Settings, SettingsError
from athena_auth.store.migrate import require_current
from athena_auth.wiring.resources import open_keyring


async def reset_factors(settings: Settings, email: str, *, prints_mail: bool) -> bool | None:
    """Turn two-factor authentication off for the account with this address.

    False means that it was off, so that nothing was changed or mailed; None that there is no such account.

    Args:
        settings: The server's own, or the mail to the owner goes nowhere.
        email: The account's address.
        prints_mail: Whether the mail may be printed here instead of being sent.

    Raises:
        SettingsError: a setting cannot be used, or the mail would be printed though it may not.
        Unavailable: the database or the secret beside it is missing or out of reach.
        RefusedError: the database went out of reach meanwhile.
    """
    # A server makes what is missing when it starts. An operator who runs this elsewhere must be told instead.
    await asyncio.to_thread(require_current, settings.database_url)
    open_keyring(settings, makes_one=False)
    if settings.mail_url.lower() == "console:" and not prints_mail:
        raise SettingsError(
            "The mail to the owner would only be printed here, because ATHENA_MAIL_URL is not set or is console:. "
            "Run this with the server's ATHENA_ settings, or with --print-mail to print it."
        )
    athena = Athena(settings, migrates=False)
    async with athena.lifespan():
        user = await athena.users.find(email)
        if user is None:
            return None
        if user.two_factor_enabled:
            await athena.users.reset_second_factor(user.id)
        return user.two_factor_enabled
