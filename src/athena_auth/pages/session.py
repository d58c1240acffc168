"""The session of a visit."""

from athena_auth.accounts.current_session import CurrentSessionApi, GetSessionAnswer
from athena_auth.kernel.errors import Refused
from athena_auth.pages.visit import Visit


async def session_of(visit: Visit, current: CurrentSessionApi) -> GetSessionAnswer | None:
    """Return the session of the visitor and its owner; None if they are not signed in."""
    outcome = await visit.call(current.get_session)
    return None if isinstance(outcome, Refused) else outcome
