"""Assembles the server's ASGI applications. Their paths are relative to where they are mounted."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from athena_auth.languages import Languages
from athena_auth.pages.page import Page
from athena_auth.server.browser_calls import RoutesByHandler
from athena_auth.server.client_address import ClientAddressResolver
from athena_auth.server.cookies import CookieCodec
from athena_auth.server.documents import Documents
from athena_auth.server.edge import Edge
from athena_auth.server.limits import RequestLimits
from athena_auth.server.metrics import with_metrics
from athena_auth.server.origin import OriginPolicy
from athena_auth.server.page_edge import PageEdge
from athena_auth.server.policy import Policy
from athena_auth.server.request import CallerReader
from athena_auth.settings import Settings, SettingsError
from athena_auth.settings.addresses import is_within
from athena_auth.wire.route import Route
from athena_auth.wiring import Components

_EXPOSED = ("set-auth-token", "retry-after", "x-request-id")


class Applications(NamedTuple):
    """The applications of one server, each with paths relative to its mount point."""

    api: ASGIApp
    pages: ASGIApp


def applications(
    routes: tuple[Route, ...], components: Components, settings: Settings, policy: Policy
) -> Applications:
    """Return the API, with CORS and metrics around it, and the pages. Those that mails link to are a part of the API."""
    parts = components.pages
    by_handler = RoutesByHandler((*routes, *parts.routes), components.resolver, policy)

    def edge_of(pages: Iterable[Page], link: Callable[[str], str]) -> PageEdge:
        return PageEdge(pages, parts.templates, by_handler, settings.trusted_origins, link)

    from_mail = [page for page in parts.pages if page.declaration.from_mail]
    mail_pages = edge_of(from_mail, parts.site.mail_link)
    pages = edge_of((page for page in parts.pages if page not in from_mail), parts.site.link)
    documents = Documents(routes, settings, parts.assets)
    edge = Edge(routes, documents, mail_pages, components.resolver, policy)
    return Applications(with_metrics(_with_cors(edge, settings), settings.metrics_token), pages)


def edge_policy(settings: Settings, limits: RequestLimits | None, languages: Languages) -> Policy:
    """Return the rules for callers, origins, cookies, request limits and languages.

    Raises:
        SettingsError: a trusted proxy is not an address or a network, or the cookie domain is not this server's.
    """
    try:
        addresses = ClientAddressResolver(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(f"ATHENA_TRUSTED_PROXIES: {error}.") from None
    path = settings.sub_path or "/"
    cookies = CookieCodec(
        https=settings.https,
        prefix=settings.cookie_prefix,
        path=path,
        session_domain=_cookie_domain(settings),
    )
    return Policy(
        callers=CallerReader(addresses, cookies),
        origins=OriginPolicy(settings.origin, settings.trusted_origins),
        cookies=cookies,
        limits=limits,
        languages=languages,
    )


def _cookie_domain(settings: Settings) -> str | None:
    domain = settings.cookie_domain
    # A browser drops a cookie for a domain that its server is not a part of: nobody could sign in.
    if domain is not None and not is_within(urlsplit(settings.origin).hostname or "", domain):
        raise SettingsError("ATHENA_COOKIE_DOMAIN: it must be the host of ATHENA_BASE_URL or a parent of it.")
    return domain


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
