"""A trusted device as its owner sees it."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.wire.caller import ClientInfo


class TrustedDevice(msgspec.Struct, frozen=True):
    """A browser that need not prove a second factor. Its token is not here: only the token's digest is kept."""

    id: str
    client: ClientInfo
    """Where it was last used from."""
    created_at: Millis
    last_used_at: Millis
    expires_at: Millis
    is_current: bool
    """Whether it is the one that asks."""
