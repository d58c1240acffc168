"""Where a browser goes on when a sign-in is complete, kept while it waits for its second factor."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; without it a sign-in leads nowhere, as before."""
    op.add_column("athena_challenge", sa.Column("callback_url", sa.Text))
