"""The routes by path and method, with their decoders, and static pages."""

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from starlette.types import Scope

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.server.request import BodyDecoder
from athena_auth.server.response import Headers, Response
from athena_auth.wire.handlers import HandlerError
from athena_auth.wire.route import Route

_TOKEN = "{token}"


class BoundRoute(msgspec.Struct, frozen=True):
    """A route and the decoders of its body and query."""

    route: Route
    body: BodyDecoder
    query: BodyDecoder | None
    """For a GET, and for a POST with a query."""
    statuses: dict[ErrorCode, HTTPStatus]

    def read_query(self, scope: Scope) -> msgspec.Struct | Refused | None:
        """Return the decoded query, or None if this route takes none."""
        return None if self.query is None else self.query.decode_query(scope["query_string"])


# A decoder has no state; making one takes longer than decoding with it.
_decoder_of = cache(BodyDecoder)


def _bound(route: Route) -> BoundRoute:
    query = route.body if route.method == "GET" else route.query
    decoder = None if query is None else _decoder_of(query)
    return BoundRoute(route, _decoder_of(route.body), decoder, dict(route.statuses))


class StaticPage(msgspec.Struct, frozen=True):
    """A document that is the same for every caller."""

    body: bytes
    content_type: bytes
    headers: Headers = []
    status: int = 200
    etag: str | None = None
    """Identifies this version. Browsers may then cache the document and revalidate it each time."""
    cache_control: bytes = b"no-cache"
    """For a document with an `etag`."""

    def answer(self, if_none_match: str) -> Response:
        """Return the document, or a 304 if the caller has this version."""
        if self.etag is None:
            return Response(self.status, self.body, self.headers, self.content_type)
        headers = [*self.headers, (b"etag", self.etag.encode())]
        # A compressing proxy makes the tag a weak one; the comparison ignores that (RFC 9110 section 13.1.2).
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        status, body = (304, b"") if self.etag in known else (self.status, self.body)
        return Response(status, body, headers, self.content_type, cache_control=self.cache_control)


class RouteTable:
    """The routes by path and method."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_path: dict[str, dict[str, BoundRoute]] = {}
        for route in routes:
            methods = self._by_path.setdefault(route.path, {})
            if route.method in methods:
                raise HandlerError(
                    route.handler, f"declares {route.method} {route.path}, which another one serves"
                )
            methods[route.method] = _bound(route)
        self._above_a_token = {
            path.removesuffix(_TOKEN): methods
            for path, methods in self._by_path.items()
            if path.endswith(_TOKEN)
        }

    def __contains__(self, path: str) -> bool:
        """Return whether a path is a route's own path, without any part chosen by the caller."""
        return path in self._by_path

    def find(self, scope: Scope, path: str) -> dict[str, BoundRoute]:
        """Return the routes of a path, by method. A token at its end is moved to the query."""
        methods = self._by_path.get(path)
        if methods is not None:
            return methods
        above, _, token = path.rpartition("/")
        methods = self._above_a_token.get(f"{above}/")
        if methods is None or not token:
            return {}
        scope["query_string"] += b"&" + urlencode({"token": token}).encode()
        return methods
