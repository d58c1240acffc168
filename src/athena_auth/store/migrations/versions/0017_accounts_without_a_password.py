"""Accounts whose owner has removed the password, and when a passkey last verified the owner of a session.

A server of the version before can run beside this schema. It refuses each password of such an account as wrong, since its hash
is that of a random one. A password that it sets by a link from an email counts here at once: a password is removed only as long
as `password_removed_at` equals `password_changed_at`. But it would let an owner remove their last passkey; they then set a
password by email.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("athena_account", sa.Column("password_removed_at", sa.BigInteger))
    op.add_column("athena_session", sa.Column("passkey_verified_at", sa.BigInteger))
