"""The budget of sends: whoever has the password must not fill the owner's mailbox, or pay for her text messages.

It is counted for the account, not for the challenge, so that a new sign-in brings no new sends. Three go out
at once (mails get lost, people are impatient), then one each half minute, ten in an hour at most. A code that
proves right forgets them: its owner reads her mail.
"""

from athena_auth.kernel.clock import Millis, after, seconds_until
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import sql

FREE_SENDS = 3
"""Sends in an hour that need not wait for each other."""
MOST_SENDS = 10
"""In an hour."""
_COOLDOWN = 30
_WINDOW = 3600


async def pay(tx: Tx, user_id: UserId, now: Millis) -> Refused | None:
    """Count a send, in the transaction that puts it into the outbox; return the refusal when it must wait."""
    window_began = after(now, -_WINDOW)
    later = after(now, _COOLDOWN)
    if await sql.pay(
        tx, user_id, now=now, window_began=window_began, free=FREE_SENDS, later=later, most=MOST_SENDS
    ):
        return None
    sends, began_at, next_at = await sql.load(tx, user_id)
    until = after(began_at, _WINDOW) if sends >= MOST_SENDS else next_at
    return Refused(
        ErrorCode.TOO_MANY_REQUESTS,
        "Several mails were sent already: look for the last one, or wait before you ask for another.",
        retry_after=seconds_until(until, now),
    )


def clear(tx: Tx, user_id: UserId) -> None:
    """Forget what was sent: one of the codes was typed in."""
    sql.clear(tx, user_id)
