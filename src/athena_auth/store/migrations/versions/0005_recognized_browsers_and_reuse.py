"""Recognized browsers, the reuse of codes and device tokens, tokens replaced a moment ago, and a check of the secret.

Every column has a default, so that a server of the version before keeps running beside this schema. For its sake
`athena_totp_authenticator.told_step` stays too, which nothing reads any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.String(32)
_DIGEST = sa.LargeBinary()
_TIME = sa.BigInteger()


def upgrade() -> None:
    """Add the columns and create the tables."""
    _recognized_browsers()
    _used_codes()
    _device_tokens()
    _retired_tokens()
    _network_sends()
    _secret_checks()


def _time_column(name: str) -> sa.Column[int]:
    return sa.Column(name, _TIME, nullable=False, server_default="0")


def _recognized_browsers() -> None:
    op.add_column("athena_account", _time_column("password_changed_at"))
    op.add_column(
        "athena_challenge",
        sa.Column("recognized", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("athena_guess_budget", _time_column("warned_at"))
    op.add_column("athena_password_budget", _time_column("warned_at"))


def _used_codes() -> None:
    # A code that was used is remembered, so that it can be told from a wrong one, and by which browser.
    op.add_column("athena_totp_authenticator", sa.Column("last_used_by", _DIGEST))
    op.add_column("athena_sent_code", sa.Column("used_by", _DIGEST))
    op.add_column("athena_backup_code", sa.Column("used_by", _DIGEST))


def _device_tokens() -> None:
    op.add_column("athena_trusted_device", sa.Column("family_digest", _DIGEST))
    op.add_column("athena_trusted_device", sa.Column("previous_digest", _DIGEST))
    op.add_column("athena_trusted_device", _time_column("rotated_at"))
    op.create_index("athena_trusted_device_family", "athena_trusted_device", ["family_digest"], unique=True)
    op.add_column("athena_session", sa.Column("device_id", _ID))


def _retired_tokens() -> None:
    op.create_table(
        "athena_retired_token",
        sa.Column("token_digest", _DIGEST, primary_key=True),
        _owner(),
        sa.Column("sealed_answer", _DIGEST),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_retired_token_user", "athena_retired_token", ["user_id"])
    op.create_index("athena_retired_token_expiry", "athena_retired_token", ["expires_at"])


def _network_sends() -> None:
    op.create_table(
        "athena_network_send",
        _owner(primary_key=True),
        sa.Column("network", _DIGEST, primary_key=True),
        sa.Column("sends", sa.SmallInteger, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_index("athena_network_send_expiry", "athena_network_send", ["expires_at"])


def _secret_checks() -> None:
    op.create_table(
        "athena_secret_check",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("check_value", _DIGEST, nullable=False),
    )


def _owner(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "user_id",
        _ID,
        sa.ForeignKey("athena_account.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )
