"""The facts about a caller that a use case may know."""

import msgspec


class Tokens(msgspec.Struct, frozen=True):
    """The tokens a request carries, whatever way they came; none has been checked yet."""

    session: str | None = None
    challenge: str | None = None
    trusted_device: str | None = None
    by_cookie: bool = False
    """The session or challenge token came as a cookie, which a browser sends whoever asked it to."""

    def __repr__(self) -> str:
        return "Tokens(…)"


class ClientInfo(msgspec.Struct, frozen=True):
    """Where a request comes from, as shown later to the owner of what it did."""

    address: str
    user_agent: str


class Caller(msgspec.Struct, frozen=True):
    """Who sent a request, as far as the connection tells."""

    client: ClientInfo
    tokens: Tokens
