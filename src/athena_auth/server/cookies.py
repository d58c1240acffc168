"""The cookies as they travel."""

from starlette.requests import cookie_parser

from athena_auth.wire.reply import Cookie, CookieName

_SECURE_PREFIX = "__Secure-"


class CookieCodec:
    """Reads and writes the cookies: HttpOnly, SameSite=Lax, Path=/, no Domain, and Secure on https."""

    def __init__(self, *, https: bool) -> None:
        """On https the names carry `__Secure-`, which browsers accept from secure pages only."""
        prefix = _SECURE_PREFIX if https else ""
        self._names = {name: prefix + name for name in CookieName}
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if https else "")

    def read(self, header: str) -> dict[CookieName, str]:
        """Return our cookies of a `Cookie` header; empty ones are as good as absent."""
        sent = cookie_parser(header)
        found = {name: sent.get(wire_name) for name, wire_name in self._names.items()}
        return {name: value for name, value in found.items() if value}

    def write(self, cookie: Cookie) -> bytes:
        """Return the value of a `Set-Cookie` header."""
        age = "" if cookie.max_age is None else f"; Max-Age={cookie.max_age}"
        return f"{self._names[cookie.name]}={cookie.value}{age}{self._attributes}".encode()
