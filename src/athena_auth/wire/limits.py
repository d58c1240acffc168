"""How many requests one address may send in a minute, by what they cost the server."""

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """How many requests one address may send in a minute to all routes that have this limit."""

    name: str
    per_minute: int


SIGN_IN = Limit("sign-in", 100)
SIGN_UP = Limit("sign-up", 100)
SECOND_STEP = Limit("second-step", 300)
SESSION_LISTS = Limit("session-lists", 120)
MAIL_LINKS = Limit("mail-links", 30)
