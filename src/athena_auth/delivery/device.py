"""A description of the device that a request came from, without the request's own text."""

from athena_auth.kernel.user_agent import browser_of, system_of


def device(user_agent: str) -> str:
    """Describe a `User-Agent` header, for instance as "Firefox on Windows".

    No text of the header is repeated. A spammer who signs up with a victim's address chooses the header, and our mail
    would carry their advertisement. Real headers contain addresses and dots too, so no filter can tell them apart.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if browser is None and system is None:
        return "not known"
    return " on ".join(filter(None, [browser or "a program", system]))
