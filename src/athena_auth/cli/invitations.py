"""`athena-auth invite`: invites people to sign up, lists invitations and revokes them."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from athena_auth import invites
from athena_auth.administration.invitations import revoke as revoke_invitations
from athena_auth.cli import operators
from athena_auth.cli.invocation import fail, read_settings, with_store
from athena_auth.cli.options import with_settings
from athena_auth.host.errors import RefusedError
from athena_auth.kernel.clock import SystemClock
from athena_auth.kernel.errors import Unavailable
from athena_auth.settings import Settings, SettingsError
from athena_auth.store.transaction import Store

_Email = Annotated[str | None, typer.Argument(help="The address to invite.")]
_Page = Annotated[
    str | None,
    typer.Option(
        help="The sign-up page of your front end, on this site or in ATHENA_TRUSTED_ORIGINS; by default the server's own."
    ),
]
_List = Annotated[bool, typer.Option("--list", help="Print the invitations that can still be used.")]
_Revoke = Annotated[bool, typer.Option("--revoke", help="Revoke the invitations of this address.")]
_PrintMail = Annotated[
    bool, typer.Option("--print-mail", help="Print the mail here if ATHENA_MAIL_URL is console:.")
]


@with_settings("database_url", "invite_days")
def invite(
    given: dict[str, str],
    email: _Email = None,
    page: _Page = None,
    *,
    shows_list: _List = False,
    revokes: _Revoke = False,
    print_mail: _PrintMail = False,
) -> None:
    """Mail an invitation to sign up. The link works once, for this address only, and verifies it.

    With ATHENA_SIGN_UP=invite nobody can sign up without one. Run this with the server's ATHENA_ settings, or no mail is sent.
    """
    settings = read_settings(given)
    if shows_list == (email is not None):
        fail("give either an address to invite or --list")
    if page is not None and (shows_list or revokes):
        fail("--page is the page of a new invitation: leave it out with --list and --revoke")
    if shows_list and revokes:
        fail("--revoke takes an address; --list takes no other option")
    try:
        if email is None:
            _print_list(settings)
        elif revokes:
            _revoke(settings, email)
        else:
            asyncio.run(operators.invite(settings, email, page, prints_mail=print_mail))
            typer.echo(
                f"The invitation for {email} is on its way. It is valid for {settings.invite_days} days."
            )
    except (SettingsError, Unavailable, RefusedError) as error:
        fail(str(error))


def _revoke(settings: Settings, email: str) -> None:
    if with_store(settings, lambda store: revoke_invitations(store, SystemClock(), email)):
        typer.echo(f"The invitations for {email} were revoked.")
    else:
        typer.echo("Nothing to do: this address has no invitation that can still be used.")


def _print_list(settings: Settings) -> None:
    async def load(store: Store) -> list[invites.Invite]:
        return await store.read(lambda tx: invites.load_live(tx, SystemClock().now()))

    for each in with_store(settings, load):
        until = datetime.fromtimestamp(each.expires_at / 1000, UTC)
        typer.echo(f"{until:%Y-%m-%d %H:%M}Z  {each.email}")
