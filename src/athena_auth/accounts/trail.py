"""What somebody signed in does, as an entry of the trail."""

from athena_auth.accounts.model import SignedIn
from athena_auth.audit.model import Entry, Event
from athena_auth.kernel.outcome import ErrorCode


def entry_of(
    signed_in: SignedIn, event: Event, *, reason: ErrorCode | None = None, device_id: str | None = None
) -> Entry:
    """Return the entry: hers, from where she is now, in this session."""
    return Entry(
        event=event,
        user_id=signed_in.account.id,
        client=signed_in.client,
        reason=reason,
        session_id=signed_in.session.id,
        device_id=device_id,
    )
