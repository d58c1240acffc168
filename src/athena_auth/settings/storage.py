"""The settings of the secret and of the database."""

from typing import Self

from pydantic import Field, model_validator

from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import DatabaseUrl, OnOff, Secrets


class StorageSettings(SettingsSources):
    """What is stored, and with which key."""

    secret: Secrets | None = Field(
        None,
        description="The key for all encryption and hashing with a key; at least 32 bytes. "
        "If none is set with SQLite, one is generated and stored next to the database file.",
    )
    secrets: Secrets | None = Field(
        None,
        description='Numbered secrets for rotation, newest first, as "2:…,1:…"; a lone ATHENA_SECRET has number 1.',
    )
    database_url: DatabaseUrl = Field(
        "sqlite:///athena.db", description="sqlite:///file, sqlite:////absolute/file or postgresql://…"
    )
    database_timeout: int = Field(
        5,
        ge=1,
        le=60,
        description="Seconds to wait for PostgreSQL to accept a connection or to answer a statement.",
    )
    lock_timeout: int = Field(
        2,
        ge=1,
        le=30,
        description="Seconds to wait for a row, a table or a file that another transaction or process has locked.",
    )
    prepared_statements: OnOff = Field(
        "on",
        description="Prepare each statement once for each connection to PostgreSQL; set it to off for a pooler in transaction "
        "mode that does not track prepared statements (PgBouncer before 1.21).",
    )

    @model_validator(mode="after")
    def _secrets_are_given_once(self) -> Self:
        if self.secret is not None and self.secrets is not None:
            raise ValueError("set ATHENA_SECRET or ATHENA_SECRETS, not both")
        return self
