"""A description of the device that a request came from, without the request's own text."""

from athena_auth.kernel.texts import Text
from athena_auth.kernel.user_agent import browser_of, system_of

NOT_KNOWN = Text("not known")


def device(user_agent: str) -> Text:
    """Describe a `User-Agent` header, for instance as "Firefox on Windows".

    No text of the header is repeated. A spammer who signs up with a victim's address chooses the header, and our mail
    would carry their advertisement. Real headers contain addresses and dots too, so no filter can tell them apart.
    """
    browser, system = browser_of(user_agent), system_of(user_agent)
    if system is None:
        return NOT_KNOWN if browser is None else Text(browser)
    if browser is None:
        return Text("a program on {system}", system=system)
    return Text("{browser} on {system}", browser=browser, system=system)
