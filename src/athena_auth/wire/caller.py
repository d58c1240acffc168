"""What a use case may know about its caller."""

import hashlib

import msgspec

from athena_auth.kernel.network import network_of

_FINGERPRINT_BYTES = 16


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of a request, from cookies or headers. None of them has been verified."""

    session: str | None = None
    challenge: str | None = None
    trusted_device: str | None = None
    recognized_browser: str | None = None
    by_cookie: bool = False
    """Whether the session, challenge or enrolment token came as a cookie, which browsers also send for other sites (CSRF)."""
    enrolment: str | None = None
    passkey: str | None = None
    """Of the cookie to which a sign-in with a passkey is bound."""

    def __repr__(self) -> str:
        return "Tokens(…)"


class ClientInfo(msgspec.Struct, frozen=True):
    """Where a request comes from, as later shown to the account owner."""

    address: str
    user_agent: str

    @property
    def fingerprint(self) -> bytes:
        """A hash of network and user agent: good enough to warn of another browser, not to authenticate one."""
        text = f"{network_of(self.address)} {self.user_agent}"
        return hashlib.sha256(text.encode()).digest()[:_FINGERPRINT_BYTES]


class Caller(msgspec.Struct, frozen=True):
    """The client, the unverified tokens and the preferred languages of a request."""

    client: ClientInfo
    tokens: Tokens
    accept_language: str = ""
    """The header of that name, not parsed: few calls need it."""
