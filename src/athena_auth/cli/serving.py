"""Running the server's processes."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from athena_auth.cli.announcement import announce
from athena_auth.cli.listening import listening
from athena_auth.cli.service_manager import notify, seconds_between_signs
from athena_auth.cli.supervisor import Supervisor
from athena_auth.host.run import verify_database
from athena_auth.host.standalone import create_app
from athena_auth.kernel.outcome import Unavailable
from athena_auth.server.connections import ConnectionLimits
from athena_auth.server.protocol import BoundedHttpProtocol
from athena_auth.settings import PREFIX, UNIX_SOCKET, Settings
from athena_auth.store.migrate import migrate

_GRACE = 10
"""Seconds that requests under way get to finish when the server stops."""


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Everything that can be wrong is found before anything is announced: the port, the settings, the database, the secrets.

    Raises:
        Unavailable: the port cannot be listened on, or the database cannot be used.
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
            # Worker processes build their own application, from the same environment.
            os.environ[f"{PREFIX}PORT"] = str(settings.port)
            Supervisor(_config("athena_auth:create_app", settings, factory=True), sockets).run()


def _serve_here(application: ASGIApp, sockets: list[socket.socket], settings: Settings) -> None:
    server = uvicorn.Server(_config(application, settings))
    # uvicorn raises the signal that stopped it once more; the default would end the process then and there.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    # Ctrl-C is how it is meant to end; a second one ends it without waiting for requests under way.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=sockets)
    if not server.started:
        raise Unavailable("the server could not start; the log above says why")


async def _notify_systemd() -> None:
    """Say that requests are answered, and again from time to time, from the loop that answers them."""
    notify("READY=1\nWATCHDOG=1")


def _config(application: ASGIApp | str, settings: Settings, *, factory: bool = False) -> uvicorn.Config:
    defaults = ConnectionLimits()
    limits = ConnectionLimits(
        total=settings.max_connections,
        per_client=settings.connections_per_client,
        # The peer of a unix socket has no address to be counted by.
        exempt=(*defaults.exempt, *(proxy for proxy in settings.trusted_proxies if proxy != UNIX_SOCKET)),
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
        callback_notify=_notify_systemd if settings.workers == 1 else None,
        timeout_notify=max(1, int(seconds_between_signs())),
    )
