"""Reads and writes cookies."""

import re

from athena_auth.wire.reply import DEFAULT_COOKIE_PREFIX, Cookie, CookieName

_SECURE_PREFIX = "__Secure-"
_MOST_CHARACTERS = 16_384
"""The longest `Cookie` header that is read. Browsers send less; a longer one is ignored."""
_VALUE = re.compile(r"[A-Za-z0-9._~-]+")
"""The characters of tokens."""


def is_token(value: str) -> bool:
    """Tell whether a value has only the characters of tokens, so that a cookie can carry it."""
    return _VALUE.fullmatch(value) is not None


def wire_names(prefix: str, *, https: bool) -> dict[CookieName, str]:
    """Return the names of the cookies on the wire. On https they begin with `__Secure-`, which browsers enforce."""
    start = (_SECURE_PREFIX if https else "") + prefix
    return {name: start + name.removeprefix(DEFAULT_COOKIE_PREFIX) for name in CookieName}


class CookieCodec:
    """Reads and writes the cookies: HttpOnly, SameSite=Lax, no Domain, and Secure on https.

    Args:
        https: Whether browsers use https.
        prefix: The beginning of the names, after `__Secure-`.
        path: The `Path` attribute.
    """

    def __init__(self, *, https: bool, prefix: str = DEFAULT_COOKIE_PREFIX, path: str = "/") -> None:
        self._names = wire_names(prefix, https=https)
        self._by_wire_name = {wire_name: name for name, wire_name in self._names.items()}
        ours = "|".join(map(re.escape, self._by_wire_name))
        # One pass over the header, for our own names only. The standard library's parser unquotes all values, in
        # quadratic time: one header could block the event loop for seconds.
        self._ours = re.compile(rf"(?:^|;)[ \t]*+({ours})=([^;]*+)")
        self._attributes = f"; Path={path}; HttpOnly; SameSite=Lax" + ("; Secure" if https else "")

    def read(self, header: str) -> dict[CookieName, str]:
        """Return our cookies of a `Cookie` header.

        A cookie is ignored if it is empty, has a character that no token has, or is sent twice. Of two cookies with one
        name, one may have been set by another host of the domain (session fixation), and nothing tells which.
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
