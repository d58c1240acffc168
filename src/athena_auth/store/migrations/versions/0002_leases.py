"""Leases: which process does what only one of them should do at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "athena_lease",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
    )
