"""Several authenticator apps for an account, suspended authenticators, and the method that an owner prefers.

A server of the version before can run beside this schema. Of several apps it verifies the codes of one and refuses those of
the others. It does not know suspended authenticators: an account that has one gets a 500 from it where factors are read, and
never a session with a suspended authenticator. It confirms an added app as the replacement of another one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ONE_ACTIVE = sa.text("state = 'active' AND factor = 'otp'")


def upgrade() -> None:
    """Add the columns, make room for the state `suspended`, and let accounts have several apps."""
    op.add_column("athena_account", sa.Column("preferred_method", sa.String(16)))
    op.add_column("athena_audit", sa.Column("authenticator_id", sa.String(32)))
    op.add_column("athena_audit", sa.Column("note", sa.Text))
    if op.get_bind().dialect.name == "postgresql":
        # SQLite stores texts of any length.
        op.alter_column("athena_authenticator", "state", type_=sa.String(16))
    op.drop_index("athena_authenticator_active", "athena_authenticator")
    op.create_index(
        "athena_authenticator_active",
        "athena_authenticator",
        ["user_id", "factor"],
        unique=True,
        postgresql_where=_ONE_ACTIVE,
        sqlite_where=_ONE_ACTIVE,
    )
