"""Phone numbers that codes are sent to, and where each code was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_E164 = sa.String(16)


def upgrade() -> None:
    """Add the columns; without a number codes go by mail."""
    op.add_column("athena_otp_authenticator", sa.Column("phone_number", _E164))
    op.add_column("athena_otp_authenticator", sa.Column("pending_phone_number", _E164))
    op.add_column("athena_sent_code", sa.Column("phone_number", _E164))
