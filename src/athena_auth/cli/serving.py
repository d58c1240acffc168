"""Runs the server's processes."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from functools import partial

import uvicorn
from rich.console import Console
from rich.markup import escape
from starlette.types import ASGIApp

from athena_auth.cli.listening import listening
from athena_auth.cli.supervisor import Supervisor
from athena_auth.cli.systemd import notify, seconds_between_signs
from athena_auth.host.run import verify_database
from athena_auth.host.standalone import create_app
from athena_auth.kernel.errors import Unavailable
from athena_auth.server.connections import ConnectionLimits
from athena_auth.server.dev_outbox import DEV_OUTBOX, shows_dev_outbox
from athena_auth.server.protocol import BoundedHttpProtocol
from athena_auth.settings import BASE_PATH, PREFIX, UNIX_SOCKET, Settings
from athena_auth.store.migrate import migrate
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


_GRACE = 10
"""Seconds that running requests get to finish when the server stops."""


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    The port, the settings, the database and the secrets are checked before the server's address is printed.

    Raises:
        Unavailable: the port cannot be used, or the database cannot.
        SettingsError: a setting cannot be used.
    """
    with listening(settings.host, settings.port) as sockets:
        if sockets[0].family != socket.AF_UNIX:
            settings = settings.model_copy(update={"port": sockets[0].getsockname()[1]})
        application = create_app(settings)
        migrate(settings.database_url)
        asyncio.run(verify_database(settings))
        announce(settings)
        if settings.workers == 1:
            _serve_here(application, sockets, settings)
        else:
            # Worker processes build their own application from the environment.
            os.environ[f"{PREFIX}PORT"] = str(settings.port)
            Supervisor(_config("athena_auth:create_app", settings, factory=True), sockets).run()


def _serve_here(application: ASGIApp, sockets: list[socket.socket], settings: Settings) -> None:
    server = uvicorn.Server(_config(application, settings))
    # uvicorn raises the signal that stopped it again; the default handler would kill the process at once.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    # Ctrl-C is a normal end. A second one ends the server without waiting for running requests.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    if not server.started:
        raise Unavailable("the server could not start; see the log above")


async def _notify_systemd() -> None:
    """Signal readiness and liveness, from the event loop that answers requests."""
    notify("READY=1\nWATCHDOG=1")


def _config(application: ASGIApp | str, settings: Settings, *, factory: bool = False) -> uvicorn.Config:
    defaults = ConnectionLimits()
    limits = ConnectionLimits(
        total=settings.max_connections,
        per_client=settings.connections_per_client,
        # The peer of a Unix socket has no address to count by.
        exempt=(*defaults.exempt, *(proxy for proxy in settings.trusted_proxies if proxy != UNIX_SOCKET)),
    )
    return uvicorn.Config(
        application,
        factory=factory,
        workers=settings.workers,
        # uvicorn accepts any factory, but its annotation allows classes only.
        http=partial(BoundedHttpProtocol, limits=limits),  # type: ignore[arg-type]
        lifespan="on",
        log_config=None,
        access_log=False,
        # The edge interprets forwarded addresses (ATHENA_TRUSTED_PROXIES).
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        callback_notify=_notify_systemd if settings.workers == 1 else None,
        timeout_notify=max(1, int(seconds_between_signs())),
    )
