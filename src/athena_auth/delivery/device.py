"""What sort of device a request came from, in our own words."""

from athena_auth.kernel.user_agent import browser_of, system_of


def device(user_agent: str) -> str:
    """Return words such as "Firefox on Windows" for what a program says it is.

    None of the user agent's own text is repeated. Whoever signs up with a stranger's address chooses it, and
    our mail would carry their advertisement: real ones hold addresses and dots, so no filter tells them apart.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if browser is None and system is None:
        return "not known"
    return " on ".join(filter(None, [browser or "a program", system]))
