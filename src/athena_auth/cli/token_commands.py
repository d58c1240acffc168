"""`athena-auth tokens`: replaces the keys that sign assertions for other services."""

from datetime import UTC, datetime

import typer

from athena_auth.assertions.service import SigningKeys
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.options import with_settings
from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import SettingsError
from athena_auth.store.migrate import require_current
from athena_auth.wiring.resources import open_keyring

tokens = typer.Typer(
    name="tokens",
    help="Replace the keys that sign assertions for other services.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@tokens.callback()
def group() -> None:
    """Replace the keys that sign assertions for other services."""


@tokens.command()
@with_settings("database_url", "token_algorithm")
def rotate(
    given: dict[str, str],
    revoke: bool = typer.Option(  # noqa: FBT001
        False,  # noqa: FBT003
        "--revoke",
        help="Delete all other keys at once, because one may have been stolen.",
    ),
) -> None:
    """Publish a new key, which begins to sign an hour later; servers do so themselves every 90 days.

    The old key is published until the last token that it has signed has expired. With --revoke, the new key signs and the old
    ones are deleted at once: servers follow within a minute, and services once they fetch the keys again. Run this with the
    server's ATHENA_SECRET or ATHENA_SECRETS.
    """
    settings = read_settings(given)
    try:
        require_current(settings.database_url)
        keyring = open_keyring(settings, makes_one=False)
        clock, algorithm = SystemClock(), settings.token_algorithm
        begins = with_store(
            settings,
            lambda store: _rotate(SigningKeys(store, clock, keyring, algorithm), revoke=revoke),
        )
    except (SettingsError, Unavailable) as error:
        fail(str(error))
    if begins is None:
        typer.echo("A new key signs now, and all others were deleted.")
    else:
        at = datetime.fromtimestamp(begins / 1000, UTC).isoformat(" ", "seconds")
        typer.echo(f"The newest key is published and signs from {at}.")


async def _rotate(keys: SigningKeys, *, revoke: bool) -> int | None:
    if not revoke:
        return await keys.rotate()
    await keys.replace_all()
    return None
