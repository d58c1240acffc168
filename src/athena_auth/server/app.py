"""The server as an application: mounted in a host's, or standing alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from athena_auth.accounts.service import Resolver
from athena_auth.delivery.transport import Transport
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.server.address import AddressRule
from athena_auth.server.client_module import client_module
from athena_auth.server.clock_watch import ClockWatch
from athena_auth.server.cookies import CookieCodec
from athena_auth.server.edge import Edge, Policy, StaticPage
from athena_auth.server.limits import RequestLimits, request_limits
from athena_auth.server.log import configure_logging
from athena_auth.server.metrics import with_metrics
from athena_auth.server.openapi import openapi_document
from athena_auth.server.origin import OriginRule
from athena_auth.server.reference import reference_page
from athena_auth.server.request import CallerReader
from athena_auth.server.reset_password import reset_password_page
from athena_auth.server.response import refusal
from athena_auth.server.status import status_routes
from athena_auth.settings import BASE_PATH, Settings, SettingsError, load_settings
from athena_auth.version import __version__
from athena_auth.wire.route import Route
from athena_auth.wiring import build

_EXPOSED = ("set-auth-token", "retry-after", "x-request-id")


class Athena:
    """A two-factor authentication server, ready to be mounted.

    `asgi` answers below wherever it is mounted; `lifespan` connects and disconnects it, and must be run by
    the host's own lifespan.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, transport: Transport | None = None
    ) -> None:
        """Build the server; nothing is connected yet.

        Raises:
            SettingsError: a setting cannot be used.
            Unavailable: the secret beside an SQLite file cannot be kept.
        """
        self._wired = build(settings, clock=clock, transport=transport)
        self.routes = (*self._wired.routes, *status_routes())
        self.resolver = self._wired.resolver
        self._clock_watch = ClockWatch(self._wired.foundation.clock)
        self._limits = request_limits(settings, self._wired.foundation.clock)
        edge = _edge(self.routes, self.resolver, settings, self._limits)
        self.asgi = with_metrics(_with_cors(edge, settings), settings.metrics_token)

    async def start(self) -> None:
        """Connect to the database; begin to send mail and to sweep. Raises `Unavailable`."""
        await self._wired.foundation.store.open()
        self._wired.foundation.outbox.start()
        self._wired.sweeper.start()
        self._clock_watch.start()

    async def stop(self) -> None:
        """Finish what is under way and disconnect."""
        if self._limits is not None:
            await self._limits.close()
        await self._clock_watch.stop()
        await self._wired.sweeper.stop()
        await self._wired.foundation.errands.stop()
        await self._wired.foundation.outbox.stop()
        self._wired.foundation.pool.close()
        await self._wired.foundation.store.close()

    async def sweep(self) -> int:
        """Delete now what has expired; return how many rows. The server does so by itself once a minute."""
        return await self._wired.sweeper.sweep()

    @asynccontextmanager
    async def lifespan(self, _app: ASGIApp | None = None) -> AsyncIterator[None]:
        """Start on entry, stop on exit."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()


def create_app(settings: Settings | None = None) -> ASGIApp:
    """Return a server that stands alone, with its API at `/api/auth`; the settings come from the environment.

    Raises:
        SettingsError: a setting is missing, unknown or wrong.
    """
    settings = settings or load_settings()
    configure_logging(settings)
    return standing_alone(Athena(settings))


def standing_alone(athena: Athena) -> ASGIApp:
    """Return the application that has nothing else to serve: the API at `/api/auth`, and the way to its reference."""
    around = Starlette(
        routes=[StarletteRoute("/", _to_reference)],
        exception_handlers={HTTPStatus.NOT_FOUND: _not_found, HTTPStatus.METHOD_NOT_ALLOWED: _not_found},
        lifespan=athena.lifespan,
    )
    # A redirect would be built from the Host header, which is the caller's.
    around.router.redirect_slashes = False
    below = f"{BASE_PATH}/"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Starlette's layers and its search for a route cost a twelfth of a get-session; the one prefix needs none.
        root = scope.get("root_path", "")
        if scope["type"] == "http" and scope["path"].startswith(root + below):
            scope["root_path"] = root + BASE_PATH
            await athena.asgi(scope, receive, send)
        else:
            await around(scope, receive, send)

    return app


async def _to_reference(_request: Request) -> StarletteResponse:
    return RedirectResponse(f"{BASE_PATH}/reference")


async def _not_found(_request: Request, _error: Exception) -> StarletteResponse:
    answer = refusal(Refused(ErrorCode.NOT_FOUND))
    return StarletteResponse(answer.body, answer.status, media_type=answer.content_type.decode())


def _edge(
    routes: tuple[Route, ...], resolver: Resolver, settings: Settings, limits: RequestLimits | None
) -> Edge:
    try:
        addresses = AddressRule(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(f"ATHENA_TRUSTED_PROXIES: {error}.") from None
    cookies = CookieCodec(https=settings.https)
    policy = Policy(
        callers=CallerReader(addresses, cookies),
        origins=OriginRule(settings.origin, settings.trusted_origins),
        cookies=cookies,
        limits=limits,
    )
    return Edge(routes, _pages(routes, settings), resolver, policy)


def _pages(routes: tuple[Route, ...], settings: Settings) -> dict[str, StaticPage]:
    document = openapi_document(routes, version=__version__, server_url=settings.origin + BASE_PATH)
    reference = reference_page(document)
    policy = reference.content_security_policy.encode()
    return {
        "/openapi.json": StaticPage(msgspec.json.encode(document), b"application/json"),
        "/client.js": client_module(),
        "/reset-password": reset_password_page(),
        "/reference": StaticPage(
            reference.html, b"text/html; charset=utf-8", [(b"content-security-policy", policy)]
        ),
    }


def _with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Let the browsers of trusted front ends read answers, with credentials (never for `*`)."""
    if not settings.trusted_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=settings.trusted_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("*",),
        allow_credentials=True,
        expose_headers=_EXPOSED,
    )
