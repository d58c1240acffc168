"""Guards for the views of a Django project that runs under ASGI.

In `asgi.py` this server is put beside Django: `application = athena.wrap(get_asgi_application())`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from starlette.requests import HTTPConnection

from athena_auth.extras import missing_extra
from athena_auth.host.errors import RefusedError
from athena_auth.host.guard import Guard
from athena_auth.integrations.answer import body_and_headers

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
    """Let in whom `guard` lets in: `@guarded(athena.session)`, `@guarded(athena.require(level=2, fresh=600))`.

    The view, asynchronous or not, finds her in `request.athena`, a `Principal`. Everybody else is answered with the
    refusal, and so is whoever meets a `RefusedError` in the view. Of a class, decorate what `as_view()` returns.

    A view that takes POSTs with a bearer token must be `csrf_exempt`, and every guarded view may be: the guard itself
    refuses what a page of another site has sent.

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
    # It stays synchronous, as ATOMIC_REQUESTS and decorators need it: Django runs it in a thread, from where
    # `async_to_sync` leads back to the event loop to which the connections of the database belong.
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
            "Views that Athena Auth guards need Django to run under ASGI, for instance by "
            "`uvicorn project.asgi:application`; `runserver`, WSGI servers and `django.test.Client` do not do that."
        )
    return HTTPConnection(scope)


def _as_private(response: HttpResponseBase) -> HttpResponseBase:
    # Else Django's cache and proxies would show what is hers to the next who asks.
    if isinstance(response, HttpResponseBase):
        patch_vary_headers(response, ("Cookie", "Authorization"))
    return response


def _answer(error: RefusedError) -> HttpResponse:
    body, headers = body_and_headers(error)
    return HttpResponse(body, status=error.status, headers=headers)
