"""Assembles the server's ASGI application. Its paths are relative to where it is mounted."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from athena_auth.accounts.service import Resolver
from athena_auth.languages import Languages
from athena_auth.server.client_address import ClientAddressResolver
from athena_auth.server.cookies import CookieCodec
from athena_auth.server.documents import Documents
from athena_auth.server.edge import Edge, Policy
from athena_auth.server.limits import RequestLimits
from athena_auth.server.link_pages import link_page
from athena_auth.server.metrics import with_metrics
from athena_auth.server.origin import OriginPolicy
from athena_auth.server.request import CallerReader
from athena_auth.settings import Settings, SettingsError
from athena_auth.wire.route import Route

_EXPOSED = ("set-auth-token", "retry-after", "x-request-id")


def application(routes: tuple[Route, ...], resolver: Resolver, settings: Settings, policy: Policy) -> ASGIApp:
    """Return the application: routes and pages, with CORS and metrics around them."""
    browser_pages = {"verify_email": link_page("verify_email")}
    edge = Edge(routes, Documents(routes, settings), browser_pages, resolver, policy)
    return with_metrics(_with_cors(edge, settings), settings.metrics_token)


def edge_policy(settings: Settings, limits: RequestLimits | None, languages: Languages) -> Policy:
    """Return the rules for callers, origins, cookies, request limits and languages.

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
        languages=languages,
    )


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
