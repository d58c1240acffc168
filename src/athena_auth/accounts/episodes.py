"""When failures are a new episode, of which the owner is notified again (I8)."""

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.sessions import sql as sessions
from athena_auth.store.transaction import Tx
from athena_auth.throttle.rules import is_new_episode


async def begins_episode(tx: Tx, user_id: UserId, warned_at: Millis, now: Millis) -> bool:
    """Tell whether a failure now begins a new episode: a day after the last warning, or after a sign-in since then.

    Without an end a mistyped code of weeks ago would keep tonight's attack quiet.
    """
    return is_new_episode(warned_at, now) or await sessions.began_since(tx, user_id, warned_at)
