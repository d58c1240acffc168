"""Statements on `athena_audit`. Rows are only added, and removed by age.

There is no foreign key to the account: the events of a deleted account are kept.
"""

from athena_auth.audit.model import AuditEvent, ListedEvent, RecordedEvent
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode
from athena_auth.kernel.ids import UserId, first_id_at, next_id
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Tx, Value
from athena_auth.wire.caller import ClientInfo

_INSERT = Statement(
    """
    INSERT INTO athena_audit (id, user_id, event, reason, address, user_agent, session_id, device_id, authenticator_id,
                              note, created_at)
    VALUES (:id, :user_id, :event, :reason, :address, :user_agent, :session_id, :device_id, :authenticator_id, :note, :now)
    """,
    combinable=True,
)

# Identifiers are ordered by time, so that the primary key finds rows by age.
_LOAD_OF_USER = Statement("""
    SELECT t.*, a.email FROM athena_audit t LEFT JOIN athena_account a ON a.id = t.user_id
    WHERE t.user_id = :user_id AND t.id >= :since ORDER BY t.id DESC LIMIT :most
""")
_LOAD_ALL = Statement("""
    SELECT t.*, a.email FROM athena_audit t LEFT JOIN athena_account a ON a.id = t.user_id
    WHERE t.id >= :since ORDER BY t.id DESC LIMIT :most
""")

SWEEP = Statement("""
    DELETE FROM athena_audit WHERE id IN
    (SELECT id FROM athena_audit WHERE id < :cutoff ORDER BY id LIMIT :most)
""")


def record(tx: Tx, entry: AuditEvent, now: Millis) -> None:
    """Add an event in the caller's transaction, and publish it to listeners once that is committed."""
    tx.defer(_INSERT, **_columns(entry, now))
    tx.publish(RecordedEvent(now, entry))


async def load(tx: Tx, user_id: UserId | None, since: Millis, most: int) -> list[ListedEvent]:
    """Load the newest events of one account or of all, newest first."""
    first = first_id_at(since)
    rows = (
        await tx.fetch_all(_LOAD_ALL, since=first, most=most)
        if user_id is None
        else await tx.fetch_all(_LOAD_OF_USER, user_id=user_id, since=first, most=most)
    )
    return [_listed(row) for row in rows]


def _columns(entry: AuditEvent, now: Millis) -> dict[str, Value]:
    return {
        "id": next_id(now),
        "user_id": entry.user_id,
        "event": entry.name,
        "reason": entry.reason,
        "address": entry.client.address,
        "user_agent": entry.client.user_agent,
        "session_id": entry.session_id,
        "device_id": entry.device_id,
        "authenticator_id": entry.authenticator_id,
        "note": entry.note,
        "now": now,
    }


def _listed(row: Row) -> ListedEvent:
    entry = AuditEvent(
        name=row["event"],
        user_id=row["user_id"],
        client=ClientInfo(row["address"], row["user_agent"]),
        reason=None if row["reason"] is None else ErrorCode[row["reason"]],
        session_id=row["session_id"],
        device_id=row["device_id"],
        authenticator_id=row["authenticator_id"],
        note=row["note"],
    )
    return ListedEvent(row["created_at"], entry, row["email"])
