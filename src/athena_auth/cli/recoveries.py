"""`athena-auth recovery`: opens, shortens, cancels and lists the recovery cases of users who have lost every second factor."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from athena_auth.administration.recoveries import open_cases
from athena_auth.cli import operators
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.options import with_settings
from athena_auth.host.athena import Athena
from athena_auth.host.errors import RefusedError
from athena_auth.host.model import User
from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import SettingsError

recovery = typer.Typer(
    name="recovery",
    help="Recover the accounts of users who have lost every second factor.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_Email = Annotated[str, typer.Argument(help="The account's address.")]
_Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]
_PrintMail = Annotated[
    bool,
    typer.Option("--print-mail", help="Print the mail to the owner here if ATHENA_MAIL_URL is console:."),
]


@recovery.command("open")
@with_settings("database_url")
def open_recovery(
    given: dict[str, str], email: _Email, *, reason: _Reason, print_mail: _PrintMail = False
) -> None:
    """Open a recovery case. When its waiting time is over, the owner removes the factors with the password and a mailed link.

    Verify the person's identity first. Run this with the server's ATHENA_ settings, or no mail is sent.
    """

    async def work(athena: Athena, user: User) -> str:
        case = await athena.users.open_recovery(user.id, reason=reason)
        return f"The recovery can be completed from {_minute(case.due_at)} on. The owner is notified by mail."

    _run(given, email, work, prints_mail=print_mail)


@recovery.command()
@with_settings("database_url")
def shorten(
    given: dict[str, str],
    email: _Email,
    *,
    reason: _Reason,
    days: Annotated[int, typer.Option(min=0, help="Days that it still waits; 0 ends the waiting time.")] = 0,
    print_mail: _PrintMail = False,
) -> None:
    """Shorten the waiting time of a recovery case.

    Verify the person's identity first: the waiting time is what protects an owner whose password and mailbox were stolen.
    """

    async def work(athena: Athena, user: User) -> str:
        case = await athena.users.shorten_recovery(user.id, reason=reason, days=days)
        return f"The recovery can be completed from {_minute(case.due_at)} on. The owner is notified by mail."

    _run(given, email, work, prints_mail=print_mail)


@recovery.command()
@with_settings("database_url")
def cancel(given: dict[str, str], email: _Email, *, reason: _Reason, print_mail: _PrintMail = False) -> None:
    """Cancel a recovery case. The factors stay."""

    async def work(athena: Athena, user: User) -> str:
        await athena.users.cancel_recovery(user.id, reason=reason)
        return "The recovery was cancelled. The owner is notified by mail."

    _run(given, email, work, prints_mail=print_mail)


@recovery.command("list")
@with_settings("database_url")
def list_cases(given: dict[str, str]) -> None:
    """Print the open recovery cases, with the time at which each can be completed."""
    settings = read_settings(given)
    try:
        found = with_store(settings, lambda store: open_cases(store, SystemClock()))
    except Unavailable as error:
        fail(str(error))
    for email, case in found:
        typer.echo(f"{_minute(datetime.fromtimestamp(case.due_at / 1000, UTC))}  {email}")


def _run(
    given: dict[str, str],
    email: str,
    work: Callable[[Athena, User], Awaitable[str]],
    *,
    prints_mail: bool,
) -> None:
    settings = read_settings(given)
    try:
        done = asyncio.run(operators.act_on(settings, email, work, prints_mail=prints_mail))
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))
    if done is None:
        fail("no account has this address")
    typer.echo(done)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"
