"""A Litestar plugin that mounts the server, and guards for route handlers."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.requests import HTTPConnection

from athena_auth.extras import missing_extra
from athena_auth.host.athena import Athena
from athena_auth.host.errors import RefusedError
from athena_auth.host.guard import Guard
from athena_auth.host.model import Principal
from athena_auth.integrations.refusal import body_and_headers
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
_SCOPE_KEY = "athena_auth.principal"
"""The key of the principal in a request's scope. It is not in the scope's state, which some servers share between all
requests of a connection: behind a proxy those come from different users."""


class AthenaPlugin(InitPlugin):
    """Mounts the server at `/api/auth`, runs its lifespan, and answers `RefusedError` with this API's error response.

    A handler with a parameter `principal: Principal` receives the principal of its guard, or without a guard, of the
    `athena.session` guard. A dependency of the application with that name takes precedence.
    """

    def __init__(self, athena: Athena) -> None:
        self._athena = athena

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the mount, the lifespan, the exception handler and the dependency to the application."""
        app_config.route_handlers.append(_mount(self._athena))
        # Started first and stopped last, because the application's own lifespans may use accounts.
        app_config.lifespan.insert(0, self._athena.lifespan)
        app_config.exception_handlers.setdefault(RefusedError, _answer)
        app_config.dependencies.setdefault("principal", Provide(self._principal))
        return app_config

    async def _principal(self, scope: Scope) -> Principal:
        found = cast("dict[str, Any]", scope).get(_SCOPE_KEY)
        return found if isinstance(found, Principal) else await _admit(self._athena.session, scope)


def guarded(guard: Guard) -> Callable[..., Awaitable[None]]:
    """Return a guard for `guards=[…]` of HTTP and WebSocket handlers, controllers, routers and applications.

    A handler that decides by the request whether a guard is needed calls it itself: `await second_factor(request)`. A
    WebSocket is refused before it is accepted: its client sees the handshake fail with 403.
    """

    async def check(connection: AnyConnection, _handler: BaseRouteHandler | None = None) -> None:
        cast("dict[str, Any]", connection.scope)[_SCOPE_KEY] = await _admit(guard, connection.scope)

    return check


async def _admit(guard: Guard, scope: Scope) -> Principal:
    try:
        return await guard(HTTPConnection(cast("dict[str, Any]", scope)))
    except RefusedError as error:
        if scope["type"] == ScopeType.WEBSOCKET:
            # For a WebSocket, Litestar handles no other exception.
            raise WebSocketException(detail=error.code, code=_POLICY_VIOLATION) from error
        raise


class _OpenToAll(ASGIRouteHandler):
    """A mount that the application's guards do not apply to: behind them no user could sign in."""

    def resolve_guards(self) -> list[Any]:
        return []


def _mount(athena: Athena) -> ASGIRouteHandler:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Litestar strips the mount from the path and adds a slash, but does not set `root_path`.
        root = scope.get("root_path", "") + BASE_PATH
        mounted = {**scope, "root_path": root, "path": root + scope["path"].rstrip("/")}
        await athena.asgi(mounted, cast("Any", receive), cast("Any", send))

    # The server itself refuses forged requests and authenticates callers.
    own = {"exclude_from_csrf": True, "exclude_from_auth": True}
    return _OpenToAll(BASE_PATH, is_mount=True, copy_scope=True, opt=own)(serve)


def _answer(_request: Request[Any, Any, Any], error: RefusedError) -> Response[bytes]:
    body, headers = body_and_headers(error)
    return Response(body, status_code=error.status, headers=headers)
