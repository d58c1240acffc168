"""The nonces that clients answer, and several active authenticators of one factor.

A server of the version before can run beside this schema: it has no factor with nonces, and still at most one active
authenticator of each factor it knows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.String(32)
_ONE_ACTIVE = sa.text("state = 'active' AND factor IN ('totp', 'otp')")


def upgrade() -> None:
    """Create the table, and let accounts have several authenticators of the factors that come later."""
    op.create_table(
        "athena_prompt",
        sa.Column("binding", sa.LargeBinary, primary_key=True),
        sa.Column("factor", sa.String(16), primary_key=True),
        sa.Column("user_id", _ID, sa.ForeignKey("athena_account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("nonce", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("athena_prompt_user", "athena_prompt", ["user_id"])
    op.create_index("athena_prompt_expiry", "athena_prompt", ["expires_at"])
    op.drop_index("athena_authenticator_active", "athena_authenticator")
    op.create_index(
        "athena_authenticator_active",
        "athena_authenticator",
        ["user_id", "factor"],
        unique=True,
        postgresql_where=_ONE_ACTIVE,
        sqlite_where=_ONE_ACTIVE,
    )
