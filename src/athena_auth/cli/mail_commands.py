"""`athena-auth mail`: checks whether this server can send mail."""

import asyncio
from typing import Annotated

import typer

from athena_auth.cli.invocation import fail, read_settings
from athena_auth.cli.options import with_settings
from athena_auth.delivery.mime import is_mailbox
from athena_auth.delivery.model import DeliveryFailed
from athena_auth.delivery.smtp import SmtpTransport
from athena_auth.settings import SettingsError
from athena_auth.wiring.messages import load_languages, open_mail

mail = typer.Typer(
    name="mail",
    help="Check whether this server can send mail.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@mail.callback()
def group() -> None:
    """Keep `test` a subcommand: without a callback typer turns a single command into the group itself."""


@mail.command()
@with_settings("mail_url", "mail_from", "mail_ehlo")
def test(
    given: dict[str, str], address: Annotated[str, typer.Argument(help="The address to send it to.")]
) -> None:
    """Send a test message with the server's settings, and show the dialogue with the mail server.

    Commands of this machine begin with >, replies of the mail server with <. Credentials and the message are not shown. If the
    message is not accepted, the command fails and says what to do. It needs no database.
    """
    settings = read_settings(given)
    if not is_mailbox(address):
        fail("this is not a plain mail address; use one such as ada@example.com")
    try:
        transport = open_mail(settings, None, load_languages(settings))
        if not isinstance(transport, SmtpTransport):
            fail(f"no mail was sent: ATHENA_MAIL_URL is {settings.mail_url.partition(':')[0]}:")
        asyncio.run(
            transport.send_test(
                address,
                f"A test message of {settings.app_name}",
                f"{settings.url} can send mail. An operator sent this test message. There is nothing to do.\n",
                typer.echo,
            )
        )
    except (SettingsError, DeliveryFailed) as error:
        fail(str(error))
    typer.echo(
        "The mail server accepted the message. If it does not arrive, look into the mail server's log."
    )
