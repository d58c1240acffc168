"""One table for the authenticators of every factor, in place of one for each.

A server of the version before must not run beside this schema: it would consume time steps in a table that this version
does not read, and one code could be accepted by both. So the old tables go, and an old server fails instead.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.String(32)
_TIME = sa.BigInteger()
_PENDING, _ACTIVE = sa.text("state = 'pending'"), sa.text("state = 'active'")

_COPY_TOTP = """
    INSERT INTO athena_authenticator
        (id, user_id, factor, state, sealed_data, details, counter, last_used_by, created_at, confirmed_at)
    SELECT id, user_id, 'totp', state, sealed_secret, {details}, last_step, last_used_by, created_at, confirmed_at
    FROM athena_totp_authenticator
"""
_TOTP_DETAILS = "'issuer', issuer, 'algorithm', algorithm, 'digits', digits, 'period', period"

# A row of the old table holds up to two enrolments: what is confirmed, and the number that waits for its code.
# Each gets an id of 32 hexadecimal digits, as the program makes them; nothing refers to it.
_COPY_OTP = """
    INSERT INTO athena_authenticator (id, user_id, factor, state, details, counter, created_at, confirmed_at)
    SELECT {new_id}, user_id, 'otp', 'active', {details}, 0, created_at, confirmed_at
    FROM athena_otp_authenticator WHERE confirmed_at IS NOT NULL
"""
_COPY_PENDING_OTP = """
    INSERT INTO athena_authenticator (id, user_id, factor, state, details, counter, created_at)
    SELECT {new_id}, user_id, 'otp', 'pending', {details}, -1, created_at
    FROM athena_otp_authenticator WHERE confirmed_at IS NULL OR pending_phone_number IS NOT NULL
"""
_NUMBER = "'phoneNumber', {column}"

_NEW_ID = {
    "postgresql": "replace(CAST(gen_random_uuid() AS TEXT), '-', '')",
    "sqlite": "lower(hex(randomblob(16)))",
}
_OBJECT = {"postgresql": "CAST(json_build_object({members}) AS TEXT)", "sqlite": "json_object({members})"}


def upgrade() -> None:
    """Create the table, move the rows, drop the old tables."""
    op.create_table(
        "athena_authenticator",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("user_id", _ID, sa.ForeignKey("athena_account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("factor", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("sealed_data", sa.LargeBinary),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("last_used_by", sa.LargeBinary),
        sa.Column("last_used_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME),
    )
    _move_rows(op.get_bind().dialect.name)
    op.create_index("athena_authenticator_user", "athena_authenticator", ["user_id"])
    for name, where in (("athena_authenticator_pending", _PENDING), ("athena_authenticator_active", _ACTIVE)):
        op.create_index(
            name,
            "athena_authenticator",
            ["user_id", "factor"],
            unique=True,
            postgresql_where=where,
            sqlite_where=where,
        )
    op.drop_table("athena_totp_authenticator")
    op.drop_table("athena_otp_authenticator")


def _move_rows(dialect: str) -> None:
    new_id = _NEW_ID[dialect]

    def json_object(members: str) -> str:
        return _OBJECT[dialect].format(members=members)

    op.execute(sa.text(_COPY_TOTP.format(details=json_object(_TOTP_DETAILS))))
    for statement, column in ((_COPY_OTP, "phone_number"), (_COPY_PENDING_OTP, "pending_phone_number")):
        details = json_object(_NUMBER.format(column=column))
        op.execute(sa.text(statement.format(new_id=new_id, details=details)))
