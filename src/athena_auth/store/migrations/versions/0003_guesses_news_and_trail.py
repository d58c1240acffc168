"""Budgets for passwords and for sends, tokens that travel by mail, and the trail of what happened."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.String(32)
_DIGEST = sa.LargeBinary()
_TIME = sa.BigInteger()


def _owner(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "user_id",
        _ID,
        sa.ForeignKey("athena_account.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def upgrade() -> None:
    """Create the tables and add the columns."""
    _budgets()
    _mail_tokens()
    _trail()
    op.add_column(
        "athena_account",
        sa.Column("reset_by_mail", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "athena_totp_authenticator",
        sa.Column("told_step", sa.BigInteger, nullable=False, server_default="-1"),
    )


def _budgets() -> None:
    # Its subject is a digest of a mail address, known or not, of a client's network, or of a device.
    op.create_table(
        "athena_password_budget",
        sa.Column("subject", _DIGEST, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("blocked_until", _TIME, nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_password_budget_expiry", "athena_password_budget", ["expires_at"])
    op.create_table(
        "athena_send_budget",
        _owner(primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("sends", sa.SmallInteger, nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
    )


def _mail_tokens() -> None:
    op.create_table(
        "athena_mail_token",
        sa.Column("token_digest", _DIGEST, primary_key=True),
        _owner(),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_mail_token_user", "athena_mail_token", ["user_id"])
    op.create_index("athena_mail_token_expiry", "athena_mail_token", ["expires_at"])


def _trail() -> None:
    op.create_table(
        "athena_audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("user_id", _ID),
        sa.Column("event", sa.String(48), nullable=False),
        sa.Column("reason", sa.String(48)),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("session_id", _ID),
        sa.Column("device_id", _ID),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_index("athena_audit_user", "athena_audit", ["user_id", "id"])
