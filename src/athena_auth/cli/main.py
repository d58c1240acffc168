"""`athena-auth`: the server, the commands for operators, and `tune`."""

import asyncio

import typer

from athena_auth.administration.unlock import unlock as unlock_account
from athena_auth.cli import audit_log, operators, serving, tuning
from athena_auth.cli.authenticators import authenticators
from athena_auth.cli.backups import after_restore, backup, restore
from athena_auth.cli.enforcement import accounts, require_second_factor
from athena_auth.cli.invitations import invite
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.mail_commands import mail
from athena_auth.cli.options import with_settings
from athena_auth.cli.recoveries import recovery
from athena_auth.cli.secret_commands import secrets
from athena_auth.cli.token_commands import tokens
from athena_auth.host.errors import RefusedError
from athena_auth.kernel.clock import SystemClock, after
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import SettingsError
from athena_auth.store.migrate import migrate as migrate_database
from athena_auth.version import __version__

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False
)
app.add_typer(secrets)
app.add_typer(mail)
app.add_typer(recovery)
app.add_typer(authenticators)
app.add_typer(tokens)

_NO_ACCOUNT = "no account has this address"


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),  # noqa: FBT001, FBT003
) -> None:
    """Athena Auth, a self-hosted two-factor authentication server.

    Settings are read from options, then from ATHENA_ environment variables, then from `.env`.
    """
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
@with_settings()
def serve(given: dict[str, str]) -> None:
    """Upgrade the database if needed, and serve until Ctrl-C."""
    settings = read_settings(given)
    try:
        serving.serve(settings)
    except (SettingsError, Unavailable) as error:
        fail(str(error))


@app.command()
@with_settings("database_url")
def migrate(given: dict[str, str]) -> None:
    """Create or upgrade the database's tables. It is safe to run again, and on several machines at once."""
    settings = read_settings(given)
    try:
        was_changed = migrate_database(settings.database_url)
    except Unavailable as error:
        fail(str(error))
    typer.echo("The database is up to date now." if was_changed else "The database was already up to date.")


@app.command()
@with_settings("database_url")
def unlock(given: dict[str, str], email: str = typer.Argument(help="The account's address.")) -> None:
    """Reset the failed attempts of an account, both at its password and at its second factor.

    Verify the person's identity first: someone else may know their password.
    """
    settings = read_settings(given)
    try:
        changed = with_store(settings, lambda store: unlock_account(store, SystemClock(), email))
    except Unavailable as error:
        fail(str(error))
    if changed is None:
        fail(_NO_ACCOUNT)
    typer.echo(
        "The failed attempts of this account were reset."
        if changed
        else "Nothing to do: this account has no failed attempts."
    )


@app.command()
@with_settings("database_url")
def reset_factors(
    given: dict[str, str],
    email: str = typer.Argument(help="The account's address."),
    print_mail: bool = typer.Option(  # noqa: FBT001
        False,  # noqa: FBT003
        "--print-mail",
        help="Print the mail to the owner here if ATHENA_MAIL_URL is console:.",
    ),
) -> None:
    """Turn two-factor authentication off for a user who has lost their authenticator and their backup codes.

    It ends all their sessions, and they sign in with their password until they turn it on again. They are notified by mail. Run
    this with the server's ATHENA_ settings, or no mail is sent. Verify the person's identity first: someone else may know
    their password, and would ask for exactly this.
    """
    settings = read_settings(given)
    try:
        changed = asyncio.run(operators.reset_factors(settings, email, prints_mail=print_mail))
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))
    if changed is None:
        fail(_NO_ACCOUNT)
    typer.echo(
        "Two-factor authentication is off for this account. Its owner is notified by mail."
        if changed
        else "Nothing to do: two-factor authentication is not on for this account."
    )


@app.command()
@with_settings("database_url")
def audit(
    given: dict[str, str],
    user: str | None = typer.Option(None, help="The address of an account; by default all accounts."),
    days: int = typer.Option(30, min=1, help="How many days to look back."),
    limit: int = typer.Option(
        200, min=1, max=100_000, help="The most events to print; the newest are chosen."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object a line."),  # noqa: FBT001, FBT003
) -> None:
    """Print the audit log: sign-ins, refusals, and changes of passwords, factors, devices and sessions.

    An account is shown by its address, or by its identifier after it was deleted. Events are kept for ATHENA_AUDIT_TTL
    seconds.
    """
    settings = read_settings(given)
    since = after(SystemClock().now(), -days * 86_400)
    try:
        events = with_store(settings, lambda store: audit_log.load(store, user, since, limit))
    except Unavailable as error:
        fail(str(error))
    if events is None:
        fail(_NO_ACCOUNT)
    (audit_log.print_lines if as_json else audit_log.print_table)(events)


@app.command()
def tune(
    target: float = typer.Option(50.0, min=1.0, help="CPU milliseconds that one sign-in may cost."),
) -> None:
    """Measure this machine and recommend the cost of a password hash.

    Every recommendation is at least as strong as OWASP requires. Existing hashes keep their cost until the account owner
    signs in with their password.
    """
    tuning.tune(target)


for _command in (invite, require_second_factor, accounts, backup, restore, after_restore):
    app.command()(_command)
