"""Which origins may send requests with a browser's cookies."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from athena_auth.kernel.errors import ErrorCode

_SAME_ORIGIN = "same-origin"


class OriginPolicy:
    """Decides whether a request authenticated by cookie comes from an allowed origin.

    A browser attaches cookies to requests of any page. Headers that a page cannot set show which page sent the request:
    `Origin`, and if a browser omits it, `Sec-Fetch-Site` and `Referer` (ASVS 3.5).

    Args:
        own: The origin of this server.
        trusted: The origins of front ends on other hosts.
    """

    def __init__(self, own: str, trusted: tuple[str, ...]) -> None:
        self._own = own
        self.expected = (own, *trusted)
        self._allowed = frozenset(self.expected)
        self._scheme = own.partition("://")[0]

    def refuse(self, headers: Mapping[bytes, str]) -> ErrorCode | None:
        """Return why the cookies of a request with these headers are refused, or None."""
        origin, host = headers.get(b"origin", ""), headers.get(b"host", "")
        if origin == "null":
            return ErrorCode.MISSING_OR_NULL_ORIGIN
        if origin:
            return None if self.admits(origin, host) else ErrorCode.INVALID_ORIGIN
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return None if site == _SAME_ORIGIN else ErrorCode.MISSING_OR_NULL_ORIGIN
        referer = _origin_of(headers.get(b"referer", ""))
        if not referer:
            return ErrorCode.MISSING_OR_NULL_ORIGIN
        return None if self.admits(referer, host) else ErrorCode.INVALID_ORIGIN

    def admits(self, origin: str, host: str) -> bool:
        """Return whether `origin` is trusted, or is this server under the host name that the browser used."""
        return origin in self._allowed or self.is_own(origin, host)

    def is_own(self, origin: str, host: str) -> bool:
        """Return whether `origin` is this server, under its own name or the one that the browser used."""
        # The scheme must match too: an attacker on the network can serve http under our name.
        return origin == self._own or (bool(host) and origin == f"{self._scheme}://{host}")


def _origin_of(referer: str) -> str:
    """Return the origin of a page's URL, or an empty string."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
