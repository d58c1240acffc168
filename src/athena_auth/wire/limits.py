"""Rate limits: requests per minute from one address, depending on what they cost the server."""

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """A limit on the requests of one address, shared by all routes that use it."""

    name: str
    per_minute: int


SIGN_IN = Limit("sign-in", 100)
SIGN_UP = Limit("sign-up", 100)
SECOND_STEP = Limit("second-step", 300)
SESSION_LISTS = Limit("session-lists", 120)
MAIL_LINKS = Limit("mail-links", 30)
