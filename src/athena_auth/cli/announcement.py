"""Prints the summary at a server's start."""

from rich.console import Console
from rich.markup import escape

from athena_auth.server.dev_outbox import DEV_OUTBOX, shows_dev_outbox
from athena_auth.settings import BASE_PATH, UNIX_SOCKET, Settings
from athena_auth.version import __version__


def announce(settings: Settings) -> None:
    """Print the server's addresses. Browsers must use the printed one, and links in mails lead there."""
    api = escape(settings.url + BASE_PATH)
    mail = (
        "printed here" if settings.mail_url.lower() == "console:" else f"sent by {_scheme(settings.mail_url)}"
    )
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]Athena Auth {__version__}[/bold]")
    if settings.pages == "on":
        console.print(f"  Pages       {escape(settings.origin + settings.pages_prefix)}/")
    console.print(f"  API         {api}")
    console.print(f"  Reference   {api}/reference")
    console.print(f"  Sent codes  {mail} (ATHENA_MAIL_URL)")
    if shows_dev_outbox(settings):
        console.print(f"  Outbox      {escape(settings.url + DEV_OUTBOX)}")
    console.print(f"  Database    {_scheme(settings.database_url)} (ATHENA_DATABASE_URL)")
    if settings.base_url is None and not settings.names_its_host:
        where = settings.host if settings.host.startswith(UNIX_SOCKET) else "every address of this machine"
        console.print(
            f"[yellow]Listening on {escape(where)}, but links in mails lead to {escape(settings.url)}: "
            "set ATHENA_BASE_URL to the address that browsers use.[/yellow]"
        )
    console.print("Press Ctrl-C to stop.")


def _scheme(url: str) -> str:
    """Return the scheme only; the rest of the URL may contain a password."""
    return url.partition(":")[0]
