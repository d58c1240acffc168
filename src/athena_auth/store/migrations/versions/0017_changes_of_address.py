"""Changes of an account's email address: pending ones, and those that can still be undone.

The table is new, so servers of the version before can run beside it. They do not know which addresses are reserved: one
of them may create an account with an address that its previous owner could still take back, who is then refused that.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "athena_email_change",
        sa.Column("verify_digest", sa.LargeBinary, primary_key=True),
        sa.Column("undo_digest", sa.LargeBinary, unique=True),
        sa.Column(
            "user_id",
            sa.String(32),
            sa.ForeignKey("athena_account.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("old_email", sa.Text),
        sa.Column("new_email", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("athena_email_change_user", "athena_email_change", ["user_id"])
    op.create_index("athena_email_change_old", "athena_email_change", ["old_email"])
    op.create_index("athena_email_change_expiry", "athena_email_change", ["expires_at"])
