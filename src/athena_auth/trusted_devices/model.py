"""Trusted devices as shown to their owner."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.wire.caller import ClientInfo


class TrustedDevice(msgspec.Struct, frozen=True):
    """A trusted browser, without its token: the database has only the token's digest."""

    id: str
    client: ClientInfo
    """The client of its last use."""
    created_at: Millis
    last_used_at: Millis
    expires_at: Millis
    is_current: bool
    """Whether this is the browser that sent the request."""
