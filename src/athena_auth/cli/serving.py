"""Running the server's processes."""

import errno
import socket

import uvicorn
from rich.console import Console
from uvicorn.supervisors import Multiprocess

from athena_auth.kernel.outcome import Unavailable
from athena_auth.server.app import create_app
from athena_auth.settings import BASE_PATH, Settings
from athena_auth.version import __version__

_BACKLOG = 2048
_GRACE = 10
"""Seconds that requests under way get to finish when the server stops."""


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        Unavailable: the port cannot be listened on, or the application cannot start.
        SettingsError: a setting cannot be used.
    """
    # Built once here so that what is wrong with the settings is said before any process starts.
    application = create_app(settings)
    sockets = _listen(settings.host, settings.port)
    _announce(settings, sockets[0].getsockname()[1])
    single = settings.workers == 1
    config = uvicorn.Config(
        application if single else "athena_auth:create_app",
        factory=not single,
        workers=settings.workers,
        lifespan="on",
        log_config=None,
        access_log=False,
        # The edge decides whom to believe about addresses (ATHENA_TRUSTED_PROXIES).
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    if not single:
        Multiprocess(config, sockets).run()
        return
    server = uvicorn.Server(config)
    try:
        server.run(sockets=sockets)
    except KeyboardInterrupt:
        return
    if not server.started:
        raise Unavailable("the server could not start; the log above says why")


def _listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address of the host: `localhost` is 127.0.0.1 to one client and ::1 to another."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise Unavailable(f"ATHENA_HOST {host} is no address of this machine: {error.strerror}") from None
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


def _announce(settings: Settings, port: int) -> None:
    base = settings.base_url or f"http://{settings.host}:{port}"
    mail = "printed here" if settings.mail_url == "console:" else f"sent by {_scheme(settings.mail_url)}"
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]Athena Auth {__version__}[/bold]")
    console.print(f"  API         {base}{BASE_PATH}")
    console.print(f"  Reference   {base}{BASE_PATH}/reference")
    console.print(f"  Sent codes  {mail} (ATHENA_MAIL_URL)")
    console.print(f"  Database    {_scheme(settings.database_url)} (ATHENA_DATABASE_URL)")
    console.print("Ctrl-C stops.")


def _scheme(url: str) -> str:
    """Return how a URL begins; the rest may hold a password."""
    return url.partition(":")[0]
