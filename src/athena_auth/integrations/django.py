"""Guards for the views of a Django project that runs under ASGI.

In `asgi.py` the server wraps Django: `application = athena.wrap(get_asgi_application())`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from starlette.requests import HTTPConnection

from athena_auth.extras import missing_extra
from athena_auth.host.errors import RefusedError
from athena_auth.host.guard import Guard
from athena_auth.integrations.refusal import body_and_headers

try:
    from asgiref.sync import async_to_sync, iscoroutinefunction
    from django.core.exceptions import ImproperlyConfigured
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django.utils.cache import patch_vary_headers
except ModuleNotFoundError as error:
    raise missing_extra(__name__, "django", error) from error

V = TypeVar("V", bound=Callable[..., Any])


def guarded(guard: Guard) -> Callable[[V], V]:
    """Protect a view with a guard: `@guarded(athena.session)`, `@guarded(athena.require(level=2, fresh=600))`.

    In the view, asynchronous or not, `request.athena` is the `Principal`. Other callers get the refusal as a response, and
    so do callers for whom the view raises a `RefusedError`. For a class-based view, decorate the result of `as_view()`.

    A view that accepts POSTs with a bearer token must be `csrf_exempt`. Every guarded view may be: the guard itself
    refuses requests from pages of other sites.

    Raises:
        ImproperlyConfigured: when the view is called and Django does not run under ASGI.
    """

    def decorate(view: V) -> V:
        return _asynchronous(guard, view) if iscoroutinefunction(view) else _synchronous(guard, view)

    return decorate


def _asynchronous(guard: Guard, view: V) -> V:
    @wraps(view)
    async def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            request.athena = await guard(_connection(request))
            return _as_private(await view(request, *args, **kwargs))
        except RefusedError as error:
            return _answer(error)

    return checked  # type: ignore[return-value]  # it takes and returns what the view does


def _synchronous(guard: Guard, view: V) -> V:
    # It stays synchronous, because ATOMIC_REQUESTS and decorators need that. Django runs it in a thread, and
    # `async_to_sync` runs the guard on the event loop that the database connections belong to.
    admit = async_to_sync(guard.__call__)

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            request.athena = admit(_connection(request))
            return _as_private(view(request, *args, **kwargs))
        except RefusedError as error:
            return _answer(error)

    return checked  # type: ignore[return-value]  # it takes and returns what the view does


def _connection(request: HttpRequest) -> HTTPConnection:
    scope = getattr(request, "scope", None)
    if scope is None:
        raise ImproperlyConfigured(
            "Views guarded by Athena Auth need Django to run under ASGI, for instance with "
            "`uvicorn project.asgi:application`; `runserver`, WSGI servers and `django.test.Client` do not use ASGI."
        )
    return HTTPConnection(scope)


def _as_private(response: HttpResponseBase) -> HttpResponseBase:
    # Otherwise Django's cache or a proxy could show one user's page to another.
    if isinstance(response, HttpResponseBase):
        patch_vary_headers(response, ("Cookie", "Authorization"))
    return response


def _answer(error: RefusedError) -> HttpResponse:
    body, headers = body_and_headers(error)
    return HttpResponse(body, status=error.status, headers=headers)
