"""Invitations to sign up. The table is new, so servers of the version before can run beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "athena_invite",
        sa.Column("token_digest", sa.LargeBinary, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("athena_invite_email", "athena_invite", ["email"])
    op.create_index("athena_invite_expiry", "athena_invite", ["expires_at"])
