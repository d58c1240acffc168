"""Limits on the messages that are sent to an account on request.

An attacker with the password must not be able to fill the owner's mailbox, or to run up costs for text messages. Sends are
counted for the account, not for the challenge, so a new sign-in does not reset them. Three may be sent at once (mail gets
lost, users are impatient), then one every 30 seconds, and at most ten in an hour. Requests of strangers are also
limited by network, and are counted separately from recognized browsers and sessions, so they cannot use up the owner's
sends. A verified code resets the sends only if the server sends no texts (`factors/otp/factor.py` says why).
"""

import hashlib
from enum import StrEnum

from athena_auth.kernel.clock import Millis, after, seconds_until
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.network import network_of
from athena_auth.kernel.texts import Text
from athena_auth.store.transaction import Tx
from athena_auth.throttle.sends import sql


class SendKind(StrEnum):
    """The kinds of send that are counted separately, by message and by client."""

    CHALLENGE = "challenge"
    """Codes for challenges, from unrecognized clients."""
    RECOGNIZED = "recognized"
    """Codes for challenges, from recognized browsers."""
    SESSION = "session"
    """Codes for live sessions."""
    RESET = "reset"
    """Password reset links, from unrecognized clients."""
    RESET_RECOGNIZED = "reset-recognized"
    """Password reset links, from recognized browsers."""
    RECOVERY = "recovery"
    """Links that open a recovery case, from unrecognized clients."""
    RECOVERY_RECOGNIZED = "recovery-known"
    """Links that open a recovery case, from recognized browsers."""
    VERIFY = "verify"
    """Email verification links."""
    SIGN_UP = "sign-up"
    """Mails about a sign-up that requires a verified address: to a new address, and to one that has an account."""
    CHANGE_EMAIL = "change-email"
    """Requests to change the email address, each with a mail to the old and to the new one."""
    EMAIL_IN_USE = "email-in-use"
    """Mails to an address with an account, about another account's request to change to it."""
    NOTIFICATION = "news"
    """Notifications to an unverified address, which may belong to someone else."""
    NEW_BROWSER = "new-browser"
    """Notifications of sign-ins in browsers that were not recognized."""


FREE_SENDS = 3
"""Sends in an hour without a delay between them."""
MOST_SENDS = 10
"""Sends in an hour."""
MOST_FROM_NETWORK = 5
"""Sends in an hour to one account, requested by unrecognized clients of one network."""
MOST_NEW_BROWSERS = 5
"""Notifications in an hour of sign-ins in new browsers; the last one says that it is the last."""
_COOLDOWN = 30
_MOST_NOTIFICATIONS = 20
_WINDOW = 3600


async def consume(tx: Tx, user_id: UserId, kind: SendKind, address: str, now: Millis) -> Refused | None:
    """Count a send in the transaction that puts it into the outbox; return the refusal if it is over the limit."""
    if kind in {SendKind.CHALLENGE, SendKind.RESET, SendKind.RECOVERY}:
        network = hashlib.sha256(f"{kind}:{network_of(address)}".encode()).digest()
        expires_at = after(now, _WINDOW)
        if not await sql.consume_of_network(
            tx, user_id, network, MOST_FROM_NETWORK, now=now, expires_at=expires_at
        ):
            return _refused(expires_at, now)
    if await sql.consume(tx, user_id, kind, _limits(now, FREE_SENDS, MOST_SENDS)) is not None:
        return None
    sends, began_at, next_at = await sql.load(tx, user_id, kind)
    return _refused(after(began_at, _WINDOW) if sends >= MOST_SENDS else next_at, now)


async def consume_notification(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Count a notification to an unverified address; False when it has reached its limit for this hour."""
    limits = _limits(now, _MOST_NOTIFICATIONS, _MOST_NOTIFICATIONS)
    return await sql.consume(tx, user_id, SendKind.NOTIFICATION, limits) is not None


async def consume_new_browser(tx: Tx, user_id: UserId, now: Millis) -> int | None:
    """Count a notification of a sign-in in a new browser, and return how many that makes in this hour; None if it is full."""
    limits = _limits(now, MOST_NEW_BROWSERS, MOST_NEW_BROWSERS)
    return await sql.consume(tx, user_id, SendKind.NEW_BROWSER, limits)


async def consume_sign_up(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Count a mail about a sign-up; False when it is over the limit. It is one statement in either case."""
    limits = _limits(now, FREE_SENDS, MOST_SENDS)
    return await sql.consume(tx, user_id, SendKind.SIGN_UP, limits) is not None


async def consume_email_in_use(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Count a mail about a request to change to this account's address; False when it is over the limit."""
    limits = _limits(now, FREE_SENDS, MOST_SENDS)
    return await sql.consume(tx, user_id, SendKind.EMAIL_IN_USE, limits) is not None


def reset(tx: Tx, user_id: UserId, kind: SendKind) -> None:
    """Reset the sends of a kind after one of the codes was verified."""
    sql.reset(tx, user_id, kind)
    if kind is SendKind.CHALLENGE:
        sql.reset_networks(tx, user_id)


def _refused(until: Millis, now: Millis) -> Refused:
    return Refused(
        ErrorCode.TOO_MANY_REQUESTS,
        Text(
            "We have already sent several messages. Look for the latest one, or wait before you request another."
        ),
        retry_after=seconds_until(until, now),
    )


def _limits(now: Millis, free: int, most: int) -> sql.SendLimits:
    return sql.SendLimits(
        now=now, window_began=after(now, -_WINDOW), free=free, next_at=after(now, _COOLDOWN), most=most
    )
