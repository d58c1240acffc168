"""Statements over `athena_lease`."""

from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_LEASE = Statement("""
    INSERT INTO athena_lease (name, leased_until) VALUES (:name, :until)
    ON CONFLICT (name) DO UPDATE SET leased_until = :until WHERE athena_lease.leased_until <= :now
""")


async def lease(tx: Tx, name: str, *, until: Millis, now: Millis) -> bool:
    """Take a lease for this process; False while another holds it."""
    return await tx.run(_LEASE, name=name, until=until, now=now) == 1
