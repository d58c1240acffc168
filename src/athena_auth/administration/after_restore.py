"""Makes a database safe to serve that was restored from a backup (docs/adr/0014-restoring-an-old-database.md).

A backup does not know what was used, ended or sent after it was taken: all of that would be good again. So what could be
replayed is ended for all accounts. None of this needs a secret, so it can be done before the server's are at hand.
"""

from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.backup_codes import sql as backup_codes
from athena_auth.challenge import sql as challenges
from athena_auth.delivery import sql as outbox
from athena_auth.kernel.clock import Clock
from athena_auth.otp import sql as sent_codes
from athena_auth.recovery import sql as links
from athena_auth.retired_tokens import sql as retired_tokens
from athena_auth.sessions import sql as sessions
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx
from athena_auth.totp import rules as totp_rules
from athena_auth.totp import sql as totp
from athena_auth.trusted_devices import sql as trusted_devices

_BATCH = 1000
"""Rows at a time: one statement over a large table would outlive the limit on statements."""
_ALL = 2**62
"""An instant later than any: swept by it, everything has expired."""

_ENDED = (
    # As when credentials change: a challenge that is under way must not become a session that is not seen.
    challenges.SWEEP,
    sessions.SWEEP,
    trusted_devices.SWEEP,
    sent_codes.SWEEP,
    links.SWEEP,
    retired_tokens.SWEEP,
    outbox.DISCARD,
)


async def end_what_may_be_replayed(store: Store, clock: Clock, *, discards_backup_codes: bool) -> None:
    """End what was used, ended or sent after the backup, or may have been, and record that.

    It is done in steps; one that was interrupted is run again.

    Args:
        store: The restored database; no server has begun to serve it.
        clock: Tells which codes of authenticator apps are of the past.
        discards_backup_codes: Whether all backup codes end too. Those that were used cannot be told from the others.

    Raises:
        Unavailable: the database is out of reach.
    """
    for statement in _ENDED:
        await _empty(store, statement, cutoff=_ALL)
    if discards_backup_codes:
        await _empty(store, backup_codes.DISCARD)
    # A device whose clock is ahead has used codes of steps that are still to come.
    await totp.use_up_steps(store, clock.now(), window=totp_rules.WIDEST_WINDOW, most=_BATCH)

    async def record(tx: Tx) -> None:
        audit.record(
            tx, AuditEvent(name=EventName.DATABASE_RESTORED, user_id=None, client=NO_CLIENT), clock.now()
        )

    await store.transact(record)


async def _empty(store: Store, statement: Statement, **parameters: int) -> None:
    while await store.execute(statement, most=_BATCH, **parameters):
        pass
