"""Running the server's processes."""

import asyncio
import contextlib
import errno
import os
import socket
from functools import partial

import uvicorn
from rich.console import Console
from rich.markup import escape
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from athena_auth.host.run import verify_database
from athena_auth.host.standing import create_app
from athena_auth.kernel.outcome import Unavailable
from athena_auth.server.connections import ConnectionLimits
from athena_auth.server.protocol import BoundedHttpProtocol
from athena_auth.settings import BASE_PATH, PREFIX, Settings
from athena_auth.store.migrate import migrate
from athena_auth.version import __version__

_BACKLOG = 2048
_GRACE = 10
"""Seconds that requests under way get to finish when the server stops."""


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Everything that can be wrong is found before anything is announced: the port, the settings, the database, the secrets.

    Raises:
        Unavailable: the port cannot be listened on, or the database cannot be used.
        SettingsError: a setting cannot be used.
    """
    sockets = _listen(settings.host, settings.port)
    settings = settings.model_copy(update={"port": sockets[0].getsockname()[1]})
    application = create_app(settings)
    migrate(settings.database_url)
    asyncio.run(verify_database(settings))
    _announce(settings)
    if settings.workers == 1:
        _serve_here(application, sockets, settings)
    else:
        # Worker processes build their own application, from the same environment.
        os.environ[f"{PREFIX}PORT"] = str(settings.port)
        config = _config("athena_auth:create_app", settings, factory=True)
        Multiprocess(config, sockets).run()


def _serve_here(application: ASGIApp, sockets: list[socket.socket], settings: Settings) -> None:
    server = uvicorn.Server(_config(application, settings))
    # Ctrl-C is how it is meant to end; a second one ends it without waiting for requests under way.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    if not server.started:
        raise Unavailable("the server could not start; the log above says why")


def _config(application: ASGIApp | str, settings: Settings, *, factory: bool = False) -> uvicorn.Config:
    defaults = ConnectionLimits()
    limits = ConnectionLimits(
        total=settings.max_connections,
        per_client=settings.connections_per_client,
        exempt=(*defaults.exempt, *settings.trusted_proxies),
    )
    return uvicorn.Config(
        application,
        factory=factory,
        workers=settings.workers,
        # uvicorn takes whatever makes a protocol, and says so of classes only.
        http=partial(BoundedHttpProtocol, limits=limits),  # type: ignore[arg-type]
        lifespan="on",
        log_config=None,
        access_log=False,
        # The edge decides whom to believe about addresses (ATHENA_TRUSTED_PROXIES).
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )


def _listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of the host: `localhost` is 127.0.0.1 to one client and ::1 to another."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Unavailable(f"ATHENA_HOST {host} is not an address of this machine: {error.strerror}") from None
    sockets: list[socket.socket] = []
    refused = "it has no usable address"
    for family, _, _, _, address in dict.fromkeys(found):
        # With port 0 the first address chooses, and the others follow.
        chosen = sockets[0].getsockname()[1] if sockets and port == 0 else address[1]
        try:
            sockets.append(_bind(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            refused = error.strerror or str(error)
            if error.errno == errno.EADDRINUSE:
                raise Unavailable(f"port {port} on {host} is in use; choose another with --port") from None
    if not sockets:
        raise Unavailable(f"cannot listen on {host} port {port}: {refused}")
    return sockets


def _bind(family: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def _announce(settings: Settings) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    api = escape((settings.base_url or f"http://{host}:{settings.port}") + BASE_PATH)
    mail = (
        "printed here" if settings.mail_url.lower() == "console:" else f"sent by {_scheme(settings.mail_url)}"
    )
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]Athena Auth {__version__}[/bold]")
    console.print(f"  API         {api}")
    console.print(f"  Reference   {api}/reference")
    console.print(f"  Sent codes  {mail} (ATHENA_MAIL_URL)")
    console.print(f"  Database    {_scheme(settings.database_url)} (ATHENA_DATABASE_URL)")
    console.print("Ctrl-C stops.")


def _scheme(url: str) -> str:
    """Return how a URL begins; the rest may hold a password."""
    return url.partition(":")[0]
