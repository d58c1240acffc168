"""What operators do from the command line, with the same hands as a host's own code."""

from athena_auth.host.athena import Athena
from athena_auth.settings import Settings


async def reset_factors(settings: Settings, email: str) -> bool:
    """Turn two-factor authentication off for the account with this address; False when there is none.

    Raises:
        SettingsError: a setting cannot be used.
        Unavailable: the database is out of reach.
        RefusedError: it went out of reach meanwhile.
    """
    athena = Athena(settings, migrates=False)
    async with athena.lifespan():
        user = await athena.users.find(email)
        if user is not None:
            await athena.users.reset_second_factor(user.id)
    return user is not None
