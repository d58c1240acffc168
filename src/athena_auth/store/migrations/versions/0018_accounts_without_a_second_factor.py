"""The index by which accounts without a second factor are counted, with their deadlines.

A server of the version before can run beside this schema: the database maintains the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_COUNTED = sa.text("NOT two_factor_enabled AND NOT second_factor_exempt")


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "athena_account_without_second_factor",
        "athena_account",
        ["second_factor_due_at"],
        postgresql_where=_COUNTED,
        sqlite_where=_COUNTED,
    )
