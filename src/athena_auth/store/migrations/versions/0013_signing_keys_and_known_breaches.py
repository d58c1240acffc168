"""Keys that sign assertions, and passwords that were found in a breach.

The table is new, and a server of the version before leaves the column empty, so it can run beside this schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the table and add the column."""
    op.create_table(
        "athena_signing_key",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("signs_from", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("algorithm", "number"),
    )
    op.create_index("athena_signing_key_expiry", "athena_signing_key", ["expires_at"])
    op.add_column("athena_account", sa.Column("breach_found_for", sa.BigInteger))
