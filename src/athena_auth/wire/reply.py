"""What a handler returns: a body, and the cookies and tokens of the response."""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

A_co = TypeVar("A_co", covariant=True)

DEFAULT_COOKIE_PREFIX = "athena-auth"


class CookieName(StrEnum):
    """The cookie names, with the default prefix and without the `__Secure-` that is added over https."""

    SESSION = "athena-auth.session_token"
    CHALLENGE = "athena-auth.two_factor"
    ENROLMENT = "athena-auth.enrolment"
    TRUSTED_DEVICE = "athena-auth.trust_device"
    RECOGNIZED_BROWSER = "athena-auth.recognized_browser"
    MAIL_LINK = "athena-auth.mail_link"
    LANGUAGE = "athena-auth.language"
    PASSKEY = "athena-auth.passkey"


class Cookie(msgspec.Struct, frozen=True):
    """A cookie to set, or to remove if its value is empty."""

    name: CookieName
    value: str
    max_age: int | None = None
    """Seconds; None makes it a session cookie, which ends when the browser closes."""

    def __repr__(self) -> str:
        return f"Cookie({self.name.value})"


def expired(name: CookieName) -> Cookie:
    """Return a cookie that removes the cookie of this name."""
    return Cookie(name, "", 0)


class Reply(msgspec.Struct, Generic[A_co], frozen=True):
    """A 200 response with a body of this type."""

    body: A_co
    cookies: tuple[Cookie, ...] = ()
    session_token: str | None = None
    """The token of a session that was created or got a new token; also sent as the header `set-auth-token`."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    cache_control: bytes | None = None
    """For how long caches may keep the body, if it is the same for every caller; by default they must not."""

    def __repr__(self) -> str:
        return "Reply(…)"


class RedirectReply(msgspec.Struct, frozen=True):
    """A 302 response, which redirects the browser."""

    location: str

    def __repr__(self) -> str:
        return "RedirectReply(…)"
