"""Recovery cases: an owner who has lost every second factor waits for them to be removed.

A server of the version before can run beside this schema: it opens no case, and neither mails nor finishes one. But a second
factor that is verified there cancels none, so set ATHENA_RECOVERY once every server has this version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ID = sa.String(32)
_TIME = sa.BigInteger


def upgrade() -> None:
    """Create the table, and add the columns."""
    op.create_table(
        "athena_recovery_case",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("user_id", _ID, sa.ForeignKey("athena_account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("next_mail_at", _TIME, nullable=False),
    )
    op.create_index("athena_recovery_case_user", "athena_recovery_case", ["user_id", "opened_at"])
    op.create_index("athena_recovery_case_age", "athena_recovery_case", ["opened_at"])
    op.create_index("athena_recovery_case_mail", "athena_recovery_case", ["next_mail_at"])
    op.add_column("athena_account", sa.Column("recovery_case", _ID))
    op.add_column("athena_account", sa.Column("recovered_at", _TIME))
