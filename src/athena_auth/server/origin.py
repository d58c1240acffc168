"""Which pages may act with a browser's cookies."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from athena_auth.kernel.outcome import ErrorCode

_SAME_ORIGIN = "same-origin"


class OriginPolicy:
    """Answers whether a cookie-authenticated request comes from where it may come from.

    A browser attaches cookies to whatever any page makes it send; what tells whose idea the request was are headers that a
    page cannot set: `Origin`, and where a browser leaves that out, `Sec-Fetch-Site` and `Referer` (ASVS 3.5).
    """

    def __init__(self, own: str, trusted: tuple[str, ...]) -> None:
        """Take the origin of this server and those of its front ends elsewhere."""
        self.expected = (own, *trusted)
        self._allowed = frozenset(self.expected)
        self._scheme = own.partition("://")[0]

    def refuse(self, headers: Mapping[bytes, str]) -> ErrorCode | None:
        """Return why the request with these headers may not act with its cookies, or None."""
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
        """Tell whether `origin` is trusted, or is this very server under the name the browser used for it."""
        if origin in self._allowed:
            return True
        # The scheme must be ours too: an attacker on the wire can serve http under our name.
        return bool(host) and origin == f"{self._scheme}://{host}"


def _origin_of(referer: str) -> str:
    """Return the origin of a page's address as browsers write it; empty when there is none."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
