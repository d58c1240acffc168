"""Device names, and the grace period of replaced tokens. Pure."""

import re

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.user_agent import browser_of, system_of

UNKNOWN = "Unknown device"

_GRACE = 10_000
"""Milliseconds for which a replaced token is taken as a concurrent request of the same browser, such as a second tab."""

# The User-Agent of other programs begins with their name: `curl/8.5.0` (RFC 9110 section 10.1.5).
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}(?=[/ ]|\Z)")
_EVERY_BROWSER = "Mozilla"


def device_name(user_agent: str) -> str:
    """Return a display name for a device, such as "Firefox on Linux" or "curl".

    Clients control their User-Agent header, so the name is for display only, never for a decision. It consists of
    constants of this server, or of at most 32 plain characters.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if browser is not None:
        return browser if system is None else f"{browser} on {system}"
    product = _PRODUCT.match(user_agent)
    if product is not None and product[0] != _EVERY_BROWSER:
        return product[0]
    return UNKNOWN if system is None else f"Unknown browser on {system}"


def is_in_grace(rotated_at: Millis, now: Millis) -> bool:
    """Tell whether the previous token may still be used by a concurrent request."""
    return now - rotated_at <= _GRACE
