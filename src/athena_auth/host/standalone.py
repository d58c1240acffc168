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
    athena = Athena(settings, migrates=False, pages=settings.pages == "on")
    return standalone(athena, settings.sub_path, _home(settings))


def standalone(athena: Athena, sub_path: str = "", home: str = f"{BASE_PATH}/reference") -> ASGIApp:
    """Return the application: the API, the pages if `athena` has them, and a redirect from `/` to `home` below `sub_path`."""
    return athena.wrap(_fallback(sub_path, home), dev_outbox=True)


def _home(settings: Settings) -> str:
    return settings.pages_path if settings.pages == "on" else f"{BASE_PATH}/reference"


def _fallback(sub_path: str, target: str) -> ASGIApp:
    """Return an application that redirects from `/` to this path and has nothing else."""

    async def to_target(_request: Request) -> Response:
        return RedirectResponse(f"{sub_path}{target}")

    found = Starlette(
        routes=[Route("/", to_target), *([Route(sub_path, to_target)] if sub_path else [])],
        exception_handlers={HTTPStatus.NOT_FOUND: _not_found, HTTPStatus.METHOD_NOT_ALLOWED: _not_found},
    )
    # Such a redirect would be built from the Host header, which the caller chooses.
    found.router.redirect_slashes = False
    return found


async def _not_found(_request: Request, _error: Exception) -> Response:
    answer = refusal(Refused(ErrorCode.NOT_FOUND))
    return Response(answer.body, answer.status, media_type=answer.content_type.decode())
