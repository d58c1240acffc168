"""The facts about a caller that a use case may know."""

import hashlib

import msgspec

from athena_auth.kernel.network import network_of

_FINGERPRINT_BYTES = 16


class Tokens(msgspec.Struct, frozen=True):
    """The tokens a request carries, whatever way they came; none has been checked yet."""

    session: str | None = None
    challenge: str | None = None
    trusted_device: str | None = None
    recognized_browser: str | None = None
    by_cookie: bool = False
    """The session or challenge token came as a cookie, which a browser sends whoever asked it to."""

    def __repr__(self) -> str:
        return "Tokens(…)"


class ClientInfo(msgspec.Struct, frozen=True):
    """Where a request comes from, as shown later to the owner of what it did."""

    address: str
    user_agent: str

    @property
    def fingerprint(self) -> bytes:
        """The network and the browser, as far as a request tells: enough to say "elsewhere" in a warning, no proof."""
        text = f"{network_of(self.address)} {self.user_agent}"
        return hashlib.sha256(text.encode()).digest()[:_FINGERPRINT_BYTES]


class Caller(msgspec.Struct, frozen=True):
    """Who sent a request, as far as the connection tells."""

    client: ClientInfo
    tokens: Tokens
