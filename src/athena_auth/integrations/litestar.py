"""Athena Auth in Litestar: a plugin that mounts the server, and guards for route handlers."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.requests import HTTPConnection

from athena_auth.extras import missing_extra
from athena_auth.host.athena import Athena
from athena_auth.host.errors import RefusedError
from athena_auth.host.guard import Guard
from athena_auth.host.model import Principal
from athena_auth.integrations.answer import body_and_headers
from athena_auth.settings import BASE_PATH

try:
    from litestar import Response
    from litestar.config.app import AppConfig
    from litestar.connection import ASGIConnection, Request
    from litestar.di import Provide
    from litestar.enums import ScopeType
    from litestar.exceptions import WebSocketException
    from litestar.handlers import ASGIRouteHandler, BaseRouteHandler
    from litestar.plugins import InitPlugin
    from litestar.types import Receive, Scope, Send
except ModuleNotFoundError as error:
    raise missing_extra(__name__, "litestar", error) from error

AnyConnection = ASGIConnection[Any, Any, Any, Any]

_POLICY_VIOLATION = 1008
_FOUND = "athena_auth.principal"
"""Where in the scope of a request its guard leaves whom it let in. Not in the scope's state: some servers share that
between all requests of a connection, which behind a proxy are those of different people."""


class AthenaPlugin(InitPlugin):
    """Mounts the server at `/api/auth`, runs its lifespan, and answers `RefusedError` in the one shape.

    A handler with a parameter `principal: Principal` is given whom its guard has let in; where it has no guard,
    whoever is signed in. What the application itself provides under that name is left alone.
    """

    def __init__(self, athena: Athena) -> None:
        self._athena = athena

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add what is needed to the application."""
        app_config.route_handlers.append(_mount(self._athena))
        # First in and last out: the host's own may need accounts.
        app_config.lifespan.insert(0, self._athena.lifespan)
        app_config.exception_handlers.setdefault(RefusedError, _answer)
        app_config.dependencies.setdefault("principal", Provide(self._principal))
        return app_config

    async def _principal(self, scope: Scope) -> Principal:
        found = cast("dict[str, Any]", scope).get(_FOUND)
        return found if isinstance(found, Principal) else await _admit(self._athena.session, scope)


def guarded(guard: Guard) -> Callable[..., Awaitable[None]]:
    """Return a guard for `guards=[…]` of HTTP and WebSocket handlers, controllers, routers and applications.

    A handler that must first look at what is asked of it calls it itself: `await second_factor(request)`. A WebSocket
    is refused before it is accepted: its client sees the handshake fail with 403.
    """

    async def check(connection: AnyConnection, _handler: BaseRouteHandler | None = None) -> None:
        cast("dict[str, Any]", connection.scope)[_FOUND] = await _admit(guard, connection.scope)

    return check


async def _admit(guard: Guard, scope: Scope) -> Principal:
    try:
        return await guard(HTTPConnection(cast("dict[str, Any]", scope)))
    except RefusedError as error:
        if scope["type"] == ScopeType.WEBSOCKET:
            # Litestar has no handlers for other exceptions of a WebSocket.
            raise WebSocketException(detail=error.code, code=_POLICY_VIOLATION) from error
        raise


class _OpenToAll(ASGIRouteHandler):
    """A mount that the guards of the whole application leave alone: nobody could sign in behind them."""

    def resolve_guards(self) -> list[Any]:
        return []


def _mount(athena: Athena) -> ASGIRouteHandler:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Litestar cuts the mount off the path, adds a slash, and says nothing of it in `root_path`.
        root = scope.get("root_path", "") + BASE_PATH
        mounted = {**scope, "root_path": root, "path": root + scope["path"].rstrip("/")}
        await athena.asgi(mounted, cast("Any", receive), cast("Any", send))

    # The server has its own answer to forged requests, and its own idea of who is calling.
    own = {"exclude_from_csrf": True, "exclude_from_auth": True}
    return _OpenToAll(BASE_PATH, is_mount=True, copy_scope=True, opt=own)(serve)


def _answer(_request: Request[Any, Any, Any], error: RefusedError) -> Response[bytes]:
    body, headers = body_and_headers(error)
    return Response(body, status_code=error.status, headers=headers)
