"""What a device is called. Pure."""

import re

UNKNOWN = "Unknown device"

# The first marker found names the browser. Most browsers also claim to be the ones they descend from, so a
# descendant stands before its ancestors: Edge before Chrome, and Safari, which all claim to be, last.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
# What is no browser begins with its own name: `curl/8.5.0` (RFC 9110 section 10.1.5).
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}(?=[/ ]|\Z)")
_EVERY_BROWSER = "Mozilla"


def device_name(user_agent: str) -> str:
    """Return what to call a device in a list of its owner's devices, as "Firefox on Linux" or "curl".

    A user agent says whatever its sender likes, so this is for the eye only: nothing may be decided by it. The
    name is made of this module's words, or of 32 plain characters at most.
    """
    browser, system = _found(_BROWSERS, user_agent), _found(_SYSTEMS, user_agent)
    if browser is not None:
        return browser if system is None else f"{browser} on {system}"
    product = _PRODUCT.match(user_agent)
    if product is not None and product[0] != _EVERY_BROWSER:
        return product[0]
    return UNKNOWN if system is None else f"Unknown browser on {system}"


def _found(markers: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for marker, name in markers if marker in user_agent), None)
