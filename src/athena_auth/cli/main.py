"""`athena-auth`: serve, and bring a database up to date."""

import asyncio

import typer

from athena_auth.administration.unlock import unlock as unlock_account
from athena_auth.cli import operators, serving, trail, tuning
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.mail_commands import mail
from athena_auth.cli.options import with_settings
from athena_auth.cli.secret_commands import secrets
from athena_auth.host.errors import RefusedError
from athena_auth.kernel.clock import SystemClock, after
from athena_auth.kernel.outcome import Unavailable
from athena_auth.settings import SettingsError
from athena_auth.store.migrate import migrate as migrate_database
from athena_auth.version import __version__

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False
)
app.add_typer(secrets)
app.add_typer(mail)


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
    settings = read_settings(given)
    try:
        serving.serve(settings)
    except (SettingsError, Unavailable) as error:
        fail(str(error))


@app.command()
@with_settings("database_url")
def migrate(given: dict[str, str]) -> None:
    """Create or upgrade the database's tables. Safe to run again, and from several machines at once."""
    settings = read_settings(given)
    try:
        done = migrate_database(settings.database_url)
    except Unavailable as error:
        fail(str(error))
    typer.echo("The database is up to date now." if done else "The database was up to date already.")


@app.command()
def unlock(email: str = typer.Argument(help="The account's address.")) -> None:
    """Open an account whose second factor was closed by a hundred wrong codes in a row.

    First make sure that it is its owner who asks: somebody else has her password. The database is the one of
    ATHENA_DATABASE_URL.
    """
    try:
        found = with_store(read_settings(), lambda store: unlock_account(store, SystemClock(), email))
    except Unavailable as error:
        fail(str(error))
    if not found:
        fail("there is no account with this address")
    typer.echo("The account is open again.")


@app.command()
def reset_factors(email: str = typer.Argument(help="The account's address.")) -> None:
    """Turn two-factor authentication off for somebody who has lost her phone and her backup codes.

    She is told by mail, is signed out everywhere, and signs in by password until she turns it on again. First make
    sure that it is she who asks: whoever has her password would ask for exactly this. Settings are the server's own.
    """
    settings = read_settings()
    try:
        found = asyncio.run(operators.reset_factors(settings, email))
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))
    if not found:
        fail("there is no account with this address")
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
        entries = with_store(read_settings(), lambda store: trail.load(store, user, since, limit))
    except Unavailable as error:
        fail(str(error))
    if entries is None:
        fail("there is no account with this address")
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
