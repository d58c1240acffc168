"""Which browser and which system a user agent claims to be, for the eye only: nothing may be decided by it. Pure."""

# The first marker found counts. Most browsers also claim to be the ones they descend from, so a descendant
# stands before its ancestors: Edge before Chrome, and Safari, which all claim to be, last; Android before Linux.
_BROWSERS = {
    "Edg/": "Edge",
    "EdgA/": "Edge",
    "EdgiOS/": "Edge",
    "OPR/": "Opera",
    "OPT/": "Opera",
    "Vivaldi/": "Vivaldi",
    "YaBrowser/": "Yandex Browser",
    "SamsungBrowser/": "Samsung Internet",
    "DuckDuckGo/": "DuckDuckGo",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


def browser_of(user_agent: str) -> str | None:
    """Return the browser, in our words, or None."""
    return _first(_BROWSERS, user_agent)


def system_of(user_agent: str) -> str | None:
    """Return the system or the device, in our words, or None."""
    return _first(_SYSTEMS, user_agent)


def _first(names: dict[str, str], user_agent: str) -> str | None:
    return next((name for marker, name in names.items() if marker in user_agent), None)
