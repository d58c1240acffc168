"""What a handler answers with: a body, and the tokens that travel beside it."""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

A_co = TypeVar("A_co", covariant=True)

DEFAULT_COOKIE_PREFIX = "athena-auth"


class CookieName(StrEnum):
    """The cookies of this system, with the default prefix and without the `__Secure-` that https puts before it."""

    SESSION = "athena-auth.session_token"
    CHALLENGE = "athena-auth.two_factor"
    TRUSTED_DEVICE = "athena-auth.trust_device"
    RECOGNIZED_BROWSER = "athena-auth.recognized_browser"


class Cookie(msgspec.Struct, frozen=True):
    """A cookie to set, or with an empty value to remove."""

    name: CookieName
    value: str
    max_age: int | None = None
    """Seconds; None makes it last as long as the browser is open."""

    def __repr__(self) -> str:
        return f"Cookie({self.name.value})"


def expired(name: CookieName) -> Cookie:
    """Return the cookie that removes the one of this name."""
    return Cookie(name, "", 0)


class Reply(msgspec.Struct, Generic[A_co], frozen=True):
    """A 200 answer with a body of this type."""

    body: A_co
    cookies: tuple[Cookie, ...] = ()
    session_token: str | None = None
    """A session that was minted or re-issued; also sent as the header `set-auth-token`."""
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def __repr__(self) -> str:
        return "Reply(…)"


class RedirectReply(msgspec.Struct, frozen=True):
    """A 302 answer: a browser is led elsewhere."""

    location: str

    def __repr__(self) -> str:
        return "RedirectReply(…)"
