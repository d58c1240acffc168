"""`athena-auth`: serve, and bring a database up to date."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from athena_auth.administration.unlock import unlock as unlock_account
from athena_auth.cli import operators, serving, trail, tuning
from athena_auth.cli.options import refuse_passwords, with_settings
from athena_auth.host.errors import RefusedError
from athena_auth.kernel.clock import SystemClock, after
from athena_auth.kernel.outcome import Unavailable
from athena_auth.settings import PREFIX, Settings, SettingsError, load_settings
from athena_auth.store.address import store_at
from athena_auth.store.migrate import migrate as migrate_database
from athena_auth.store.transaction import Store
from athena_auth.version import __version__

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False
)
_stderr = Console(stderr=True, soft_wrap=True)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),  # noqa: FBT001, FBT003
) -> None:
    """Athena Auth, a self-hosted two-factor authentication server.

    Settings come from options, else from ATHENA_ environment variables, else from `.env`.
    """
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
@with_settings()
def serve(given: dict[str, str]) -> None:
    """Bring the database up to date and serve until Ctrl-C."""
    settings = _settings(given)
    try:
        serving.serve(settings)
    except (SettingsError, Unavailable) as error:
        _fail(str(error))


@app.command()
@with_settings("database_url")
def migrate(given: dict[str, str]) -> None:
    """Create or upgrade the database's tables. Safe to run again, and from several machines at once."""
    settings = _settings(given)
    try:
        done = migrate_database(settings.database_url)
    except Unavailable as error:
        _fail(str(error))
    typer.echo("The database is up to date now." if done else "The database was up to date already.")


@app.command()
def unlock(email: str = typer.Argument(help="The account's address.")) -> None:
    """Open an account whose second factor was closed by a hundred wrong codes in a row.

    First make sure that it is its owner who asks: somebody else has her password. The database is the one of
    ATHENA_DATABASE_URL.
    """
    try:
        found = asyncio.run(_with_store(lambda store: unlock_account(store, SystemClock(), email)))
    except Unavailable as error:
        _fail(str(error))
    if not found:
        _fail("there is no account with this address")
    typer.echo("The account is open again.")


@app.command()
def reset_factors(email: str = typer.Argument(help="The account's address.")) -> None:
    """Turn two-factor authentication off for somebody who has lost her phone and her backup codes.

    She is told by mail, is signed out everywhere, and signs in by password until she turns it on again. First make
    sure that it is she who asks: whoever has her password would ask for exactly this. Settings are the server's own.
    """
    settings = _settings({})
    try:
        found = asyncio.run(operators.reset_factors(settings, email))
    except (SettingsError, Unavailable, RefusedError) as error:
        _fail(str(error))
    if not found:
        _fail("there is no account with this address")
    typer.echo("The account has no second factor any more; its owner is told by mail.")


@app.command()
def audit(
    user: str | None = typer.Option(None, help="The address of the account; by default all accounts."),
    days: int = typer.Option(30, min=1, help="How many days to look back."),
    limit: int = typer.Option(200, min=1, max=100_000, help="How many entries to print, the newest ones."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object a line."),  # noqa: FBT001, FBT003
) -> None:
    """Print what happened: sign-ins, refusals, and changes of passwords, factors, devices and sessions.

    The database is the one of ATHENA_DATABASE_URL. Entries are kept for ATHENA_AUDIT_TTL seconds.
    """
    since = after(SystemClock().now(), -days * 86_400)
    try:
        entries = asyncio.run(_with_store(lambda store: trail.load(store, user, since, limit)))
    except Unavailable as error:
        _fail(str(error))
    if entries is None:
        _fail("there is no account with this address")
    (trail.print_lines if as_json else trail.print_table)(entries)


@app.command()
def tune(
    target: float = typer.Option(50.0, min=1.0, help="CPU milliseconds that one sign-in may cost."),
) -> None:
    """Measure this machine and recommend what a password hash should cost.

    Everything it recommends is at least as strong as OWASP asks. Hashes made before keep their own cost and
    are made again at their owner's next sign-in.
    """
    tuning.tune(target)


async def _with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    """Do something with the database of the settings. Raises `Unavailable`."""
    store = store_at(_settings({}).database_url)
    await store.open()
    try:
        return await work(store)
    finally:
        await store.close()


def _settings(given: dict[str, str]) -> Settings:
    try:
        refuse_passwords(given)
        # Worker processes read their settings from the environment, so options are put there too.
        os.environ.update({PREFIX + name.upper(): value for name, value in given.items()})
        return load_settings()
    except SettingsError as error:
        _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    _stderr.print(f"[bold red]error:[/bold red] {escape(sentence)}", highlight=False)
    sys.exit(1)
