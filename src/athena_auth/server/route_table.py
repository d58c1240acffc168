"""What the edge answers with, by path and method: routes with their decoders, and documents that are always the same."""

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from starlette.types import Scope

from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.server.request import BodyDecoder
from athena_auth.server.response import Headers, Response, refusal
from athena_auth.wire.handlers import HandlerError
from athena_auth.wire.route import Route

_TOKEN = "{token}"


class BoundRoute(msgspec.Struct, frozen=True):
    """A route and the decoder of its body."""

    route: Route
    body: BodyDecoder
    query: BodyDecoder | None
    """Of a GET, or of a POST that takes one."""
    statuses: dict[ErrorCode, HTTPStatus]

    def read_query(self, scope: Scope) -> msgspec.Struct | Refused | None:
        """Return what the query holds, if this route takes one."""
        return None if self.query is None else self.query.decode_query(scope["query_string"])

    def refusal(self, refused: Refused) -> Response:
        """Return a refusal, with the status it has here."""
        return refusal(refused, status=self.statuses.get(refused.code))


# A decoder has no state; making one takes longer than decoding with it.
_decoder_of = cache(BodyDecoder)


def _bound(route: Route) -> BoundRoute:
    query = route.body if route.method == "GET" else route.query
    decoder = None if query is None else _decoder_of(query)
    return BoundRoute(route, _decoder_of(route.body), decoder, dict(route.statuses))


class StaticPage(msgspec.Struct, frozen=True):
    """A document that is the same for everybody."""

    body: bytes
    content_type: bytes
    headers: Headers = []
    status: int = 200
    etag: str | None = None
    """Names this version for browsers, which may keep it then and ask each time whether it is still the one."""

    def answer(self, if_none_match: str) -> Response:
        """Return the document, or word that the caller has it already."""
        if self.etag is None:
            return Response(self.status, self.body, self.headers, self.content_type)
        headers = [*self.headers, (b"etag", self.etag.encode())]
        # A proxy that compresses makes the tag a weak one, and compares it all the same (RFC 9110 section 13.1.2).
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        status, body = (304, b"") if self.etag in known else (self.status, self.body)
        return Response(status, body, headers, self.content_type, cache_control=b"no-cache")


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
        """Tell whether a path is a route's own, with nothing in it that a caller chose."""
        return path in self._by_path

    def find(self, scope: Scope, path: str) -> dict[str, BoundRoute]:
        """Return the routes at a path, by method; a token at its end is read as if it stood in the query."""
        methods = self._by_path.get(path)
        if methods is not None:
            return methods
        above, _, token = path.rpartition("/")
        methods = self._above_a_token.get(f"{above}/")
        if methods is None or not token:
            return {}
        scope["query_string"] += b"&" + urlencode({"token": token}).encode()
        return methods
