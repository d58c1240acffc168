"""What a device is called, and how long its last token is excused. Pure."""

import re

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.user_agent import browser_of, system_of

UNKNOWN = "Unknown device"

_GRACE = 10_000
"""Milliseconds for which a replaced token is a browser's own concurrent request: two tabs, a restored window."""

# What is no browser begins with its own name: `curl/8.5.0` (RFC 9110 section 10.1.5).
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}(?=[/ ]|\Z)")
_EVERY_BROWSER = "Mozilla"


def device_name(user_agent: str) -> str:
    """Return what to call a device in a list of its owner's devices, as "Firefox on Linux" or "curl".

    A user agent says whatever its sender likes, so this is for the eye only: nothing may be decided by it. The
    name is made of our own words, or of 32 plain characters at most.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if browser is not None:
        return browser if system is None else f"{browser} on {system}"
    product = _PRODUCT.match(user_agent)
    if product is not None and product[0] != _EVERY_BROWSER:
        return product[0]
    return UNKNOWN if system is None else f"Unknown browser on {system}"


def is_in_grace(rotated_at: Millis, now: Millis) -> bool:
    """Tell whether the token before the present one may still be shown without a suspicion."""
    return now - rotated_at <= _GRACE
