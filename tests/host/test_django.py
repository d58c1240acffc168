"""Guards for Django views."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import django
import pytest
import pytest_asyncio
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_page
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from starlette.types import ASGIApp

from athena_auth import Athena
from athena_auth.integrations.django import guarded
from support.hosts import GuardContract, Host, assert_refused, athena_over, host_over
from support.person import sign_up
from support.world import ORIGIN

GetResponse = Callable[[HttpRequest], HttpResponseBase]
PATIENCE = 10.0

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    LOGGING_CONFIG=None,
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    SECRET_KEY="secret-of-the-tests",
)
django.setup()


def only_synchronous(get_response: GetResponse) -> GetResponse:
    """Stand in for middleware from before Django was asynchronous; the project runs below it in a thread."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    return middleware


def email_of(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"email": request.athena.user.email})


async def email_of_async(request: HttpRequest) -> JsonResponse:
    return email_of(request)


def urls(athena: Athena) -> list[Any]:
    """Return the views: what the contract asks for, half of them asynchronous, and some of a kind of their own."""
    everybody = guarded(athena.session)
    second_factor = guarded(athena.require(level=2))
    return [
        path("account", csrf_exempt(everybody(email_of))),
        path("async-account", csrf_exempt(everybody(email_of_async))),
        path("vault", second_factor(email_of_async)),
        path("sync-vault", second_factor(email_of)),
        path("transfer", guarded(athena.require(level=2, fresh=600))(csrf_exempt(email_of_async))),
        path("unexempted", everybody(email_of)),
        path("cached", cache_page(60)(everybody(email_of))),
        *urls_of_other_kinds(athena),
    ]


def urls_of_other_kinds(athena: Athena) -> list[Any]:
    """Return views that are classes, that wait for one another, and that meet a refusal themselves."""
    everybody, released = guarded(athena.session), threading.Event()

    @everybody
    def blocks(request: HttpRequest) -> JsonResponse:
        return JsonResponse({"released": released.wait(PATIENCE)})

    @everybody
    async def releases(request: HttpRequest) -> JsonResponse:
        released.set()
        return JsonResponse({})

    @method_decorator(everybody, name="dispatch")
    class OfAClass(View):
        def get(self, request: HttpRequest) -> JsonResponse:
            return email_of(request)

    class OfAnAsyncClass(View):
        async def get(self, request: HttpRequest) -> JsonResponse:
            return email_of(request)

    @csrf_exempt
    @everybody
    def registers_somebody_twice(request: HttpRequest) -> JsonResponse:
        async_to_sync(athena.users.create)(email=request.athena.user.email, name="Ada again")
        return JsonResponse({})

    return [
        path("blocks", blocks),
        path("releases", releases),
        path("class", OfAClass.as_view()),
        path("async-class", everybody(OfAnAsyncClass.as_view())),
        path("registers-somebody-twice", registers_somebody_twice),
    ]


@pytest_asyncio.fixture(params=["asynchronous", "below-sync-middleware"])
async def host(request: pytest.FixtureRequest, postgres_url: str) -> AsyncIterator[Host]:
    middleware = list(settings.MIDDLEWARE)
    if request.param == "below-sync-middleware":
        middleware.append(f"{__name__}.only_synchronous")

    def build(athena: Athena) -> ASGIApp:
        # A tuple, since Django keeps what it has made of a list of addresses by its hash.
        settings.ROOT_URLCONF = tuple(urls(athena))
        return athena.wrap(get_asgi_application())

    with override_settings(MIDDLEWARE=middleware, ROOT_URLCONF=()):
        async with host_over(postgres_url, build) as running:
            yield running


class TestGuards(GuardContract):
    """The contract of all hosts."""


@pytest.mark.parametrize("path", ["account", "async-account", "class", "async-class"])
async def test_every_kind_of_view(host: Host, path: str) -> None:
    ada = await sign_up(host)

    assert (await ada.client.get(f"{ORIGIN}/{path}")).json() == {"email": "ada@example.com"}
    assert_refused(await (await host.client()).get(f"{ORIGIN}/{path}"), 401, "UNAUTHORIZED")


@pytest.mark.parametrize("path", ["vault", "sync-vault"])
async def test_every_kind_of_view_asks_for_the_second_factor(host: Host, path: str) -> None:
    ada = await sign_up(host)

    assert_refused(await ada.client.get(f"{ORIGIN}/{path}"), 403, "ENROLMENT_REQUIRED")


async def test_a_view_that_blocks_holds_nobody_up(host: Host) -> None:
    ada = await sign_up(host)

    blocked, _ = await asyncio.gather(
        ada.client.get(f"{ORIGIN}/blocks"), ada.client.get(f"{ORIGIN}/releases")
    )

    assert blocked.json() == {"released": True}


async def test_a_cached_page_is_shown_to_nobody_else(host: Host) -> None:
    browsers = []
    for email in ("ada@example.com", "bob@example.com"):
        browser = await host.browser()
        await (await sign_up(host, email)).sign_in(browser)
        browsers.append(browser)

    answers = [await browser.get(f"{ORIGIN}/cached") for browser in (*browsers, browsers[0])]

    assert "expires" in answers[0].headers, "nothing was cached"
    emails = [answer.json()["email"] for answer in answers]
    assert emails == ["ada@example.com", "bob@example.com", "ada@example.com"]
    assert_refused(await (await host.client()).get(f"{ORIGIN}/cached"), 401, "UNAUTHORIZED")


async def test_a_refusal_inside_a_view_is_its_answer(host: Host) -> None:
    ada = await sign_up(host)

    answer = await ada.client.post(f"{ORIGIN}/registers-somebody-twice")

    assert_refused(answer, answer.status_code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")


async def test_django_s_own_csrf_check_goes_on_where_it_is_not_turned_off(host: Host) -> None:
    ada = await sign_up(host)

    answer = await ada.client.post(f"{ORIGIN}/unexempted")

    assert answer.status_code == 403
    assert "CSRF" in answer.text


@pytest.mark.parametrize("path", ["account", "async-account"])
def test_without_asgi_a_view_says_what_is_missing(path: str, sqlite_url: str) -> None:
    with (
        override_settings(ROOT_URLCONF=tuple(urls(athena_over(sqlite_url)))),
        pytest.raises(ImproperlyConfigured, match="need Django to run under ASGI"),
    ):
        Client(headers={"host": "localhost"}).get(f"/{path}")


def test_a_view_keeps_what_is_known_of_it(sqlite_url: str) -> None:
    @guarded(athena_over(sqlite_url).session)
    @csrf_exempt
    @require_GET
    def account(request: HttpRequest) -> JsonResponse:
        """Show the account."""
        return email_of(request)

    assert (account.__name__, account.__doc__) == ("account", "Show the account.")
    assert account.csrf_exempt is True
