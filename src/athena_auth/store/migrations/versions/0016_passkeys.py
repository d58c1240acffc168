"""The ids of passkeys, which are unique over all accounts, and the nonces of sign-ins with a passkey that were answered.

A server of the version before can run beside this schema: it leaves the column empty, offers no passkey, and removes
those of an account with all its other factors.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column with its index, and create the table."""
    op.add_column("athena_authenticator", sa.Column("credential_id", sa.LargeBinary))
    op.create_index("athena_authenticator_credential", "athena_authenticator", ["credential_id"], unique=True)
    op.create_table(
        "athena_passkey_nonce",
        sa.Column("nonce", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("athena_passkey_nonce_expiry", "athena_passkey_nonce", ["expires_at"])
