"""The budget of sends: whoever has the password must not fill the owner's mailbox, or pay for her text messages.

It is counted for the account, not for the challenge, so that a new sign-in brings no new sends. Three go out
at once (mails get lost, people are impatient), then one each half minute, ten in an hour at most. A code that
proves right forgets them where codes go by mail only: its owner reads her mail (otp/method.py says why not texts).
"""

from enum import StrEnum

from athena_auth.kernel.clock import Millis, after, seconds_until
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import sql


class Kind(StrEnum):
    """What is sent, and at whose request: nobody uses up what another may ask for."""

    CHALLENGE = "challenge"
    """Codes for whoever has the password."""
    SESSION = "session"
    """Codes for whoever is signed in."""
    RESET = "reset"
    """Links that set a new password, which anybody can ask for who knows the address."""
    VERIFY = "verify"
    """Links that verify it, likewise."""
    NEWS = "news"
    """News to an address that nobody has verified: somebody may have signed up with a stranger's."""


FREE_SENDS = 3
"""Sends in an hour that need not wait for each other."""
MOST_SENDS = 10
"""In an hour."""
_COOLDOWN = 30
_MOST_NEWS = 20
_WINDOW = 3600


async def pay(tx: Tx, user_id: UserId, kind: Kind, now: Millis) -> Refused | None:
    """Count a send, in the transaction that puts it into the outbox; return the refusal when it must wait."""
    if await sql.pay(tx, user_id, kind, _terms(now, FREE_SENDS, MOST_SENDS)):
        return None
    sends, began_at, next_at = await sql.load(tx, user_id, kind)
    until = after(began_at, _WINDOW) if sends >= MOST_SENDS else next_at
    return Refused(
        ErrorCode.TOO_MANY_REQUESTS,
        "Several messages were sent already: look for the last one, or wait before you ask for another.",
        retry_after=seconds_until(until, now),
    )


async def pay_for_news(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Count news to an address that is not verified; False when it has had its share of this hour."""
    return await sql.pay(tx, user_id, Kind.NEWS, _terms(now, _MOST_NEWS, _MOST_NEWS))


def clear(tx: Tx, user_id: UserId, kind: Kind) -> None:
    """Forget what was sent: one of the codes was typed in."""
    sql.clear(tx, user_id, kind)


def _terms(now: Millis, free: int, most: int) -> sql.Terms:
    return sql.Terms(
        now=now, window_began=after(now, -_WINDOW), free=free, later=after(now, _COOLDOWN), most=most
    )
