"""The first tables.

Names start with `athena_`, so that the tables can live in a host application's database. Times are integer
milliseconds. A table is written by one slice only; other slices may read it. Whatever belongs to an account
goes with it (ON DELETE CASCADE).
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

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
    """Create them."""
    _accounts_and_sessions()
    _sign_in()
    _factors()
    _outbox()


def _accounts_and_sessions() -> None:
    op.create_table(
        "athena_account",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("email_verified", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("image", sa.Text),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("credential_version", sa.BigInteger, nullable=False),
        sa.Column("two_factor_enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
    )
    op.create_table(
        "athena_session",
        sa.Column("id", _ID, primary_key=True),
        _owner(),
        sa.Column("token_digest", _DIGEST, nullable=False, unique=True),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("amr", sa.Text, nullable=False),
        sa.Column("proven_at", _TIME, nullable=False),
        sa.Column("lifetime", sa.BigInteger, nullable=False),
        sa.Column("persistent", sa.Boolean, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_session_user", "athena_session", ["user_id"])
    op.create_index("athena_session_expiry", "athena_session", ["expires_at"])


def _sign_in() -> None:
    op.create_table(
        "athena_challenge",
        sa.Column("token_digest", _DIGEST, primary_key=True),
        _owner(),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("persistent", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_challenge_user", "athena_challenge", ["user_id"])
    op.create_index("athena_challenge_expiry", "athena_challenge", ["expires_at"])
    op.create_table(
        "athena_guess_budget",
        _owner(primary_key=True),
        sa.Column("lane", sa.String(16), primary_key=True),
        sa.Column("failures", sa.SmallInteger, nullable=False),
        sa.Column("blocked_until", _TIME, nullable=False),
    )
    op.create_table(
        "athena_trusted_device",
        sa.Column("id", _ID, primary_key=True),
        _owner(),
        sa.Column("token_digest", _DIGEST, nullable=False, unique=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_trusted_device_user", "athena_trusted_device", ["user_id"])
    op.create_index("athena_trusted_device_expiry", "athena_trusted_device", ["expires_at"])


def _factors() -> None:
    op.create_table(
        "athena_totp_authenticator",
        sa.Column("id", _ID, primary_key=True),
        _owner(),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("sealed_secret", _DIGEST, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("algorithm", sa.String(8), nullable=False),
        sa.Column("digits", sa.SmallInteger, nullable=False),
        sa.Column("period", sa.SmallInteger, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME),
        sa.UniqueConstraint("user_id", "state"),
    )
    op.create_table(
        "athena_otp_authenticator",
        _owner(primary_key=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("confirmed_at", _TIME),
    )
    op.create_table(
        "athena_sent_code",
        sa.Column("binding", _DIGEST, primary_key=True),
        _owner(),
        sa.Column("code_hash", _DIGEST, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_sent_code_user", "athena_sent_code", ["user_id"])
    op.create_index("athena_sent_code_expiry", "athena_sent_code", ["expires_at"])
    op.create_table(
        "athena_backup_code",
        _owner(primary_key=True),
        sa.Column("code_hash", _DIGEST, primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "athena_outbox",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("sealed_message", _DIGEST, nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_outbox_due", "athena_outbox", ["due_at"])
