"""Assembles the server's ASGI application. Its paths are relative to where it is mounted."""

import msgspec
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from athena_auth.accounts.service import Resolver
from athena_auth.server.client_address import ClientAddressResolver
from athena_auth.server.client_module import client_module
from athena_auth.server.cookies import CookieCodec
from athena_auth.server.edge import Edge, Policy
from athena_auth.server.limits import RequestLimits
from athena_auth.server.link_pages import link_page
from athena_auth.server.metrics import with_metrics
from athena_auth.server.openapi import openapi_document
from athena_auth.server.origin import OriginPolicy
from athena_auth.server.reference import reference_page
from athena_auth.server.request import CallerReader
from athena_auth.server.route_table import StaticPage
from athena_auth.settings import BASE_PATH, Settings, SettingsError
from athena_auth.version import __version__
from athena_auth.wire.route import Route

_EXPOSED = ("set-auth-token", "retry-after", "x-request-id")


def application(routes: tuple[Route, ...], resolver: Resolver, settings: Settings, policy: Policy) -> ASGIApp:
    """Return the application: routes and pages, with CORS and metrics around them."""
    browser_pages = {"verify_email": link_page("verify_email")}
    edge = Edge(routes, _pages(routes, settings), browser_pages, resolver, policy)
    return with_metrics(_with_cors(edge, settings), settings.metrics_token)


def edge_policy(settings: Settings, limits: RequestLimits | None) -> Policy:
    """Return the rules for callers, origins, cookies and request limits.

    Raises:
        SettingsError: a trusted proxy is not an address or a network.
    """
    try:
        addresses = ClientAddressResolver(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(f"ATHENA_TRUSTED_PROXIES: {error}.") from None
    path = settings.sub_path or "/"
    cookies = CookieCodec(https=settings.https, prefix=settings.cookie_prefix, path=path)
    return Policy(
        callers=CallerReader(addresses, cookies),
        origins=OriginPolicy(settings.origin, settings.trusted_origins),
        cookies=cookies,
        limits=limits,
    )


def _pages(routes: tuple[Route, ...], settings: Settings) -> dict[str, StaticPage]:
    document = openapi_document(
        routes,
        version=__version__,
        server_url=settings.url + BASE_PATH,
        cookie_prefix=settings.cookie_prefix,
    )
    reference = reference_page(document)
    policy = reference.content_security_policy.encode()
    # The address that the server prints at its start leads browsers to the reference.
    to_reference = (b"location", f"{settings.sub_path}{BASE_PATH}/reference".encode())
    to_reference_page = StaticPage(b"", b"text/plain", [to_reference], status=302)
    return {
        "": to_reference_page,
        "/": to_reference_page,
        "/openapi.json": StaticPage(msgspec.json.encode(document), b"application/json"),
        "/client.js": client_module(),
        "/reset-password": link_page("reset_password"),
        "/recognize-browser": link_page("recognize_browser"),
        "/reference": StaticPage(
            reference.html, b"text/html; charset=utf-8", [(b"content-security-policy", policy)]
        ),
    }


def _with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Let pages of trusted origins read responses, with credentials (never for `*`)."""
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
