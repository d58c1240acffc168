"""Runs the server's processes."""

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
