"""Making a restored database safe to serve (docs/adr/0014-restoring-an-old-database.md).

A backup does not contain what was used, ended or sent after it was taken: all of that would be valid again. So challenges,
enrolment tokens, sessions, trusted devices, sent codes, links, recoveries, invitations, queued messages and the past time steps of
authenticator apps are revoked for all accounts, and backup codes if the operator says so. Signing keys are deleted, since one
of them may have been stolen and replaced; the server makes a new one. This needs none of the server's secrets.

Passkeys need nothing: their counts go back too, which is harmless, and a nonce is valid for five minutes and only with the
cookie or the session that it was issued to.

Factors that a host adds are not covered. Their counters go back to the time of the backup, so a response that was used since
is accepted once more, until their author prevents it (docs/how-to/add-a-factor.md). The sweeper deletes old prompts: they
are bound to challenges and sessions that have ended.
"""

from athena_auth import enrolment_tokens, invites, retired_tokens
from athena_auth.accounts.recovery_cases import sql as recovery_cases
from athena_auth.assertions import sql as signing_keys
from athena_auth.audit import sql as audit
from athena_auth.audit.model import NO_CLIENT, AuditEvent, EventName
from athena_auth.delivery import sql as outbox
from athena_auth.factors.backup_codes import sql as backup_codes
from athena_auth.factors.otp import sql as sent_codes
from athena_auth.factors.totp import rules as totp_rules
from athena_auth.factors.totp import sql as totp
from athena_auth.kernel.clock import Clock
from athena_auth.mfa import sql as challenges
from athena_auth.recovery import sql as links
from athena_auth.sessions import sql as sessions
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices import sql as trusted_devices

_BATCH = 1000
"""Rows at a time: one statement on a whole large table would exceed the statement timeout."""
_ALL = 2**62
"""A cutoff later than any expiry, so that a sweep deletes every row."""

_ENDED = (
    # Challenges first, as when credentials change: a pending one must not become a session after sessions are deleted.
    challenges.SWEEP,
    enrolment_tokens.SWEEP,
    sessions.SWEEP,
    trusted_devices.SWEEP,
    sent_codes.SWEEP,
    links.SWEEP,
    retired_tokens.SWEEP,
    invites.SWEEP,
    outbox.DISCARD,
    signing_keys.SWEEP,
)


async def end_what_may_be_replayed(store: Store, clock: Clock, *, discards_backup_codes: bool) -> None:
    """Revoke what may have been used, ended or sent after the backup, except for a host's own factors; record that.

    This happens in several transactions. If it is interrupted, run it again.

    Args:
        store: The restored database, which no server is using yet.
        clock: Decides which codes of authenticator apps lie in the past.
        discards_backup_codes: Whether to delete all backup codes too. The used ones cannot be identified.

    Raises:
        Unavailable: the database is unreachable.
    """
    for statement in _ENDED:
        await _empty(store, statement, cutoff=_ALL)
    # An owner may have cancelled theirs since.
    await _empty(store, recovery_cases.END_ALL)
    if discards_backup_codes:
        await _empty(store, backup_codes.DISCARD)
    # Devices whose clock is ahead may have used codes of future steps.
    await totp.consume_steps(store, clock.now(), window=totp_rules.WIDEST_WINDOW)

    async def record(tx: Tx) -> None:
        audit.record(
            tx, AuditEvent(name=EventName.DATABASE_RESTORED, user_id=None, client=NO_CLIENT), clock.now()
        )

    await store.transact(record)


async def _empty(store: Store, statement: Statement, **parameters: int) -> None:
    while await store.execute(statement, most=_BATCH, **parameters):
        pass
