"""Episodes of failed attempts; the owner is notified once in each (I8)."""

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.sessions import sql as sessions
from athena_auth.store.transaction import Tx
from athena_auth.throttle.rules import is_new_episode


async def begins_episode(tx: Tx, user_id: UserId, warned_at: Millis, now: Millis) -> bool:
    """Tell whether a failure now begins a new episode: a day after the last warning, or after a sign-in since then.

    If episodes did not end, a mistyped code weeks ago would suppress the warning of an attack today.
    """
    return is_new_episode(warned_at, now) or await sessions.began_since(tx, user_id, warned_at)
