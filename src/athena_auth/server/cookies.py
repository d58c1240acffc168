"""The cookies as they travel."""

import re

from athena_auth.wire.reply import DEFAULT_COOKIE_PREFIX, Cookie, CookieName

_SECURE_PREFIX = "__Secure-"
_MOST_CHARACTERS = 16_384
"""Of a `Cookie` header. Browsers send less; a longer one is as good as none."""
_VALUE = re.compile(r"[A-Za-z0-9._~-]+")
"""What tokens are made of."""


def wire_names(prefix: str, *, https: bool) -> dict[CookieName, str]:
    """Return the names under which the cookies travel; on https browsers hold them to secure pages by `__Secure-`."""
    start = (_SECURE_PREFIX if https else "") + prefix
    return {name: start + name.removeprefix(DEFAULT_COOKIE_PREFIX) for name in CookieName}


class CookieCodec:
    """Reads and writes the cookies: HttpOnly, SameSite=Lax, no Domain, and Secure on https."""

    def __init__(self, *, https: bool, prefix: str = DEFAULT_COOKIE_PREFIX, path: str = "/") -> None:
        """Take whether browsers come by https, what the names begin with, `__Secure-` apart, and the path they are for."""
        self._names = wire_names(prefix, https=https)
        self._by_wire_name = {wire_name: name for name, wire_name in self._names.items()}
        ours = "|".join(map(re.escape, self._by_wire_name))
        # One pass over the header, for our own names alone: the standard library's parser takes quadratic time to
        # unquote other people's values, so that one header could keep the event loop busy for seconds.
        self._ours = re.compile(rf"(?:^|;)[ \t]*+({ours})=([^;]*+)")
        self._attributes = f"; Path={path}; HttpOnly; SameSite=Lax" + ("; Secure" if https else "")

    def read(self, header: str) -> dict[CookieName, str]:
        """Return our cookies of a `Cookie` header.

        One that is empty, that holds what no token holds, or that comes twice is as good as absent. Of two with one name
        nothing tells which is ours: another host of the domain may have set the other (session fixation).
        """
        found: dict[CookieName, str] = {}
        repeated: set[CookieName] = set()
        for wire_name, sent in self._ours.findall(header) if len(header) <= _MOST_CHARACTERS else ():
            name = self._by_wire_name[wire_name]
            if name in found:
                repeated.add(name)
            found[name] = sent.strip(" \t")
        return {
            name: value for name, value in found.items() if name not in repeated and _VALUE.fullmatch(value)
        }

    def write(self, cookie: Cookie) -> bytes:
        """Return the value of a `Set-Cookie` header."""
        age = "" if cookie.max_age is None else f"; Max-Age={cookie.max_age}"
        return f"{self._names[cookie.name]}={cookie.value}{age}{self._attributes}".encode()
