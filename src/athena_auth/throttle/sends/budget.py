"""How many messages may be sent to an account at someone's request.

Whoever has the password must not fill the owner's mailbox, or pay for their text messages. Sends are counted for the account,
not for the challenge, so that a new sign-in brings no new ones. Three go out at once (mails get lost, people are
impatient), then one each half minute, ten in an hour at most. Strangers are counted by network first, and apart
from recognized browsers and sessions: they cannot use up what the owner may ask for. A code that is verified forgets the
sends where codes go by mail only: its owner reads that mail (otp/method.py says why not texts).
"""

import hashlib
from enum import StrEnum

from athena_auth.kernel.clock import Millis, after, seconds_until
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.network import network_of
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import sql


class SendKind(StrEnum):
    """What is sent, and at whose request: nobody uses up what another may ask for."""

    CHALLENGE = "challenge"
    """Codes for whoever has the password."""
    RECOGNIZED = "recognized"
    """Codes for whoever has the password and uses a browser that has signed in before."""
    SESSION = "session"
    """Codes for whoever is signed in."""
    RESET = "reset"
    """Links that set a new password, which anyone can ask for who knows the address."""
    RESET_RECOGNIZED = "reset-recognized"
    """The same for a browser that has signed in before."""
    VERIFY = "verify"
    """Links that verify the address."""
    NOTIFICATION = "news"
    """Notifications to an address that nobody has verified: someone may have signed up with a stranger's."""


FREE_SENDS = 3
"""Sends in an hour that need not wait for each other."""
MOST_SENDS = 10
"""In an hour."""
MOST_FROM_NETWORK = 5
"""In an hour, to one account at the request of one network of strangers."""
_COOLDOWN = 30
_MOST_NOTIFICATIONS = 20
_WINDOW = 3600


async def consume(tx: Tx, user_id: UserId, kind: SendKind, address: str, now: Millis) -> Refused | None:
    """Count a send, in the transaction that puts it into the outbox; return the refusal when it must wait."""
    if kind in {SendKind.CHALLENGE, SendKind.RESET}:
        network = hashlib.sha256(f"{kind}:{network_of(address)}".encode()).digest()
        expires_at = after(now, _WINDOW)
        if not await sql.consume_of_network(
            tx, user_id, network, MOST_FROM_NETWORK, now=now, expires_at=expires_at
        ):
            return _refused(expires_at, now)
    if await sql.consume(tx, user_id, kind, _limits(now, FREE_SENDS, MOST_SENDS)):
        return None
    sends, began_at, next_at = await sql.load(tx, user_id, kind)
    return _refused(after(began_at, _WINDOW) if sends >= MOST_SENDS else next_at, now)


async def consume_notification(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Count a notification to an address that is not verified; False when it has had its share of this hour."""
    return await sql.consume(
        tx, user_id, SendKind.NOTIFICATION, _limits(now, _MOST_NOTIFICATIONS, _MOST_NOTIFICATIONS)
    )


def reset(tx: Tx, user_id: UserId, kind: SendKind) -> None:
    """Forget what was sent: one of the codes was typed in."""
    sql.reset(tx, user_id, kind)
    if kind is SendKind.CHALLENGE:
        sql.reset_networks(tx, user_id)


def _refused(until: Millis, now: Millis) -> Refused:
    return Refused(
        ErrorCode.TOO_MANY_REQUESTS,
        "Several messages were sent already. Look for the last one, or wait before you request another.",
        retry_after=seconds_until(until, now),
    )


def _limits(now: Millis, free: int, most: int) -> sql.SendLimits:
    return sql.SendLimits(
        now=now, window_began=after(now, -_WINDOW), free=free, next_at=after(now, _COOLDOWN), most=most
    )
