"""Reads and writes cookies."""

import re

from athena_auth.wire.caller import Tokens
from athena_auth.wire.reply import DEFAULT_COOKIE_PREFIX, Cookie, CookieName

_SECURE_PREFIX = "__Secure-"
_MOST_CHARACTERS = 16_384
"""The longest `Cookie` header that is read. Browsers send less; a longer one is ignored."""
_DOMAIN_SESSION = "domain_session_token"
_VALUE = re.compile(r"[A-Za-z0-9._~-]+")
"""The characters of tokens."""


def is_token(value: str) -> bool:
    """Tell whether a value has only the characters of tokens, so that a cookie can carry it."""
    return _VALUE.fullmatch(value) is not None


def wire_names(prefix: str, *, https: bool, has_domain: bool = False) -> dict[CookieName, str]:
    """Return the names of the cookies on the wire. On https they begin with `__Secure-`, which browsers enforce.

    A session cookie with a domain has another name. Otherwise a browser that was signed in when the operator changed
    the setting would send both cookies under one name, and neither would be read.
    """
    start = (_SECURE_PREFIX if https else "") + prefix
    names = {name: start + name.removeprefix(DEFAULT_COOKIE_PREFIX) for name in CookieName}
    return names | ({CookieName.SESSION: f"{start}.{_DOMAIN_SESSION}"} if has_domain else {})


def tokens_of(cookies: dict[CookieName, str]) -> Tokens:
    """Return the tokens of a browser, which sends them as cookies."""
    session, challenge = cookies.get(CookieName.SESSION), cookies.get(CookieName.CHALLENGE)
    enrolment = cookies.get(CookieName.ENROLMENT)
    return Tokens(
        session,
        challenge,
        cookies.get(CookieName.TRUSTED_DEVICE),
        cookies.get(CookieName.RECOGNIZED_BROWSER),
        enrolment=enrolment,
        passkey=cookies.get(CookieName.PASSKEY),
        by_cookie=bool(session or challenge or enrolment),
    )


class CookieCodec:
    """Reads and writes the cookies: HttpOnly, SameSite=Lax, and Secure on https.

    Args:
        https: Whether browsers use https.
        prefix: The beginning of the names, after `__Secure-`.
        path: The `Path` attribute.
        session_domain: The `Domain` attribute of the session cookie, which the applications behind forward
            authentication receive; None keeps it to this host, as all other cookies always are.
    """

    def __init__(
        self,
        *,
        https: bool,
        prefix: str = DEFAULT_COOKIE_PREFIX,
        path: str = "/",
        session_domain: str | None = None,
    ) -> None:
        self._names = wire_names(prefix, https=https, has_domain=session_domain is not None)
        self._by_wire_name = {wire_name: name for name, wire_name in self._names.items()}
        ours = "|".join(map(re.escape, self._by_wire_name))
        # One pass over the header, for our own names only. The standard library's parser unquotes all values, in
        # quadratic time: one header could block the event loop for seconds.
        self._ours = re.compile(rf"(?:^|;)[ \t]*+({ours})=([^;]*+)")
        common = "; HttpOnly; SameSite=Lax" + ("; Secure" if https else "")
        self._attributes = dict.fromkeys(CookieName, f"; Path={path}{common}")
        if session_domain is not None:
            # The applications are at any path.
            self._attributes[CookieName.SESSION] = f"; Path=/; Domain={session_domain}{common}"

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
        return f"{self._names[cookie.name]}={cookie.value}{age}{self._attributes[cookie.name]}".encode()
