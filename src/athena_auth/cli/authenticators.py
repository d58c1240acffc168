"""`athena-auth authenticators`: lists the authenticators of an account, and removes one."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from athena_auth.cli import operators
from athena_auth.cli.invocation import fail, read_settings
from athena_auth.cli.options import with_settings
from athena_auth.delivery.one_line import one_line
from athena_auth.host.athena import Athena
from athena_auth.host.errors import RefusedError
from athena_auth.host.model import EnrolledAuthenticator, User
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import SettingsError

_NO_ACCOUNT = "no account has this address"
_LONGEST_LABEL = 64
_HEADINGS = ("id", "factor", "state", "created", "last used", "name")

_Email = Annotated[str, typer.Argument(help="The account's address.")]
_Reason = Annotated[str, typer.Option(help="Why, for the audit log.")]
_PrintMail = Annotated[
    bool,
    typer.Option("--print-mail", help="Print the mail to the owner here if ATHENA_MAIL_URL is console:."),
]

authenticators = typer.Typer(
    name="authenticators",
    help="List the authenticators of an account, and remove one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@authenticators.command("list")
@with_settings("database_url")
def list_enrolled(given: dict[str, str], email: _Email) -> None:
    """Print the authenticators of an account, the oldest first: apps, sent codes, and those of other factors.

    If the account has no password, the last line says so: its owner signs in with a passkey.
    """
    settings = read_settings(given)
    try:
        found = asyncio.run(operators.authenticators(settings, email))
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))
    if found is None:
        fail(_NO_ACCOUNT)
    user, enrolled = found
    rows = [_HEADINGS, *map(_cells, enrolled)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    if not user.has_password:
        typer.echo("The account has no password.")


@authenticators.command()
@with_settings("database_url")
def remove(
    given: dict[str, str],
    email: _Email,
    authenticator_id: Annotated[str, typer.Argument(help="The id that `authenticators list` prints.")],
    reason: _Reason,
    *,
    print_mail: _PrintMail = False,
) -> None:
    """Remove one of several authenticators of an account, for instance that of a lost phone.

    It ends all their sessions. They are notified by mail, and the reason is in the audit log. The last one that can be used is
    not removed: see reset-factors. Run this with the server's ATHENA_ settings, or no mail is sent. Verify the person's
    identity first: someone else may know their password, and would ask for exactly this.
    """

    async def work(athena: Athena, user: User) -> str:
        await athena.users.remove_authenticator(user.id, authenticator_id, reason=reason)
        return user.id

    settings = read_settings(given)
    try:
        removed_from = asyncio.run(operators.act_on(settings, email, work, prints_mail=print_mail))
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))
    if removed_from is None:
        fail(_NO_ACCOUNT)
    typer.echo("The authenticator was removed. Its owner is notified by mail.")


def _cells(found: EnrolledAuthenticator) -> tuple[str, ...]:
    state = "suspended" if found.suspended else "active"
    # The owner chose the name, and could send escape sequences to the operator's terminal.
    label = one_line(found.label or "", limit=_LONGEST_LABEL)
    return (found.id, found.factor, state, _day(found.created_at), _day(found.last_used_at), label)


def _day(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}Z"
