"""Deadlines for a second factor, and the tokens that enrol one after it.

A server of the version before can run beside this schema: it leaves the new columns as they are and signs overdue accounts
in with the password alone. So set ATHENA_REQUIRE_SECOND_FACTOR once every server has this version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ID = sa.String(32)
_TIME = sa.BigInteger
_REQUIRED = sa.text("second_factor_due_at IS NOT NULL AND NOT two_factor_enabled")


def upgrade() -> None:
    """Create the table, and add the columns."""
    op.add_column("athena_account", sa.Column("second_factor_due_at", _TIME))
    op.add_column(
        "athena_account",
        sa.Column("second_factor_exempt", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "athena_account", sa.Column("second_factor_notice", sa.Integer, nullable=False, server_default="0")
    )
    op.create_index(
        "athena_account_second_factor_due",
        "athena_account",
        ["second_factor_due_at"],
        postgresql_where=_REQUIRED,
        sqlite_where=_REQUIRED,
    )
    op.create_table(
        "athena_enrolment_token",
        sa.Column("token_digest", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", _ID, sa.ForeignKey("athena_account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("persistent", sa.Boolean, nullable=False),
        sa.Column("callback_url", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_enrolment_token_user", "athena_enrolment_token", ["user_id"])
    op.create_index("athena_enrolment_token_expiry", "athena_enrolment_token", ["expires_at"])
