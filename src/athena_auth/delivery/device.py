"""What sort of device a request came from, in our own words."""

# What a user agent contains, and what it tells. The first that is found counts: most browsers also name the
# ones they descend from, and Android also names Linux.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
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


def device(user_agent: str) -> str:
    """Return words such as "Firefox on Windows" for what a program says it is.

    None of the user agent's own text is repeated. Whoever signs up with a stranger's address chooses it, and
    our mail would carry their advertisement: real ones hold addresses and dots, so no filter tells them apart.
    """
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser is None and system is None:
        return "not known"
    return " on ".join(filter(None, [browser or "a program", system]))


def _first(names: dict[str, str], user_agent: str) -> str | None:
    return next((name for mark, name in names.items() if mark in user_agent), None)
