"""The standalone server."""

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from athena_auth.host.athena import Athena
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.server.log import configure_logging
from athena_auth.server.response import refusal
from athena_auth.settings import BASE_PATH, Settings, load_settings


def create_app(settings: Settings | None = None) -> ASGIApp:
    """Return a standalone server with its API at `/api/auth`. By default the settings are read from the environment.

    The database must be up to date: run `athena-auth migrate`.

    Raises:
        SettingsError: a setting is missing, unknown or wrong.
    """
    settings = settings or load_settings()
    configure_logging(settings)
    return standalone(Athena(settings, migrates=False), settings.sub_path)


def standalone(athena: Athena, sub_path: str = "") -> ASGIApp:
    """Return the application: the API at `/api/auth`, and a redirect from `/` to its reference."""

    async def to_reference(_request: Request) -> Response:
        return RedirectResponse(f"{sub_path}{BASE_PATH}/reference")

    around = Starlette(
        routes=[Route("/", to_reference), *([Route(sub_path, to_reference)] if sub_path else [])],
        exception_handlers={HTTPStatus.NOT_FOUND: _not_found, HTTPStatus.METHOD_NOT_ALLOWED: _not_found},
    )
    # Such a redirect would be built from the Host header, which the caller chooses.
    around.router.redirect_slashes = False
    return athena.wrap(around)


async def _not_found(_request: Request, _error: Exception) -> Response:
    answer = refusal(Refused(ErrorCode.NOT_FOUND))
    return Response(answer.body, answer.status, media_type=answer.content_type.decode())
