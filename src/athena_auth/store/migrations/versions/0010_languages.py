"""The language of each account, in which its owner gets mails and text messages.

A server of the version before can run beside this schema: it leaves the column empty, which stands for English.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("athena_account", sa.Column("language", sa.String(35)))
