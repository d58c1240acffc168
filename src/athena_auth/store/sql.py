"""Statements that belong to no slice: leases and the schema version."""

from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_LEASE = Statement("""
    INSERT INTO athena_lease (name, leased_until) VALUES (:name, :until)
    ON CONFLICT (name) DO UPDATE SET leased_until = :until WHERE athena_lease.leased_until <= :now
""")

VERSION_TABLE = "athena_schema_version"
_VERSION = Statement(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant


async def load_schema_version(tx: Tx) -> str:
    """Return the schema revision; empty when there is none."""
    row = await tx.fetch_one(_VERSION)
    return "" if row is None else str(row["version_num"])


async def lease(tx: Tx, name: str, *, until: Millis, now: Millis) -> bool:
    """Take a lease for this process; False while another holds it."""
    return await tx.execute(_LEASE, name=name, until=until, now=now) == 1
