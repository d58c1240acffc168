"""The audit events of signed-in users."""

from athena_auth.accounts.model import SignedIn
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.kernel.outcome import ErrorCode


def audit_event(
    signed_in: SignedIn, event: EventName, *, reason: ErrorCode | None = None, device_id: str | None = None
) -> AuditEvent:
    """Return the event, with the account, the client and the session of the signed-in user."""
    return AuditEvent(
        name=event,
        user_id=signed_in.account.id,
        client=signed_in.client,
        reason=reason,
        session_id=signed_in.session.id,
        device_id=device_id,
    )
