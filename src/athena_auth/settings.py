"""Every setting, once: its name, type, default and meaning. Help, checks and docs come from this table.

A setting is read from a keyword argument, else from the environment, else from `.env` in the working
directory; on the outside its name is `ATHENA_` and the field's name in capitals.
"""

import difflib
import os
from typing import Annotated, Literal, Self
from urllib.parse import unquote

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from athena_auth.crypto.passwords import DEFAULT_COST, Cost, is_strong_enough
from athena_auth.crypto.totp import Algorithm, Parameters
from athena_auth.kernel.numbered_secrets import parse_secrets
from athena_auth.kernel.setting_errors import explain
from athena_auth.kernel.urls import checked_origin, checked_postgres, checked_redis

PREFIX = "ATHENA_"
ENV_FILE = ".env"
RENAMED = {"ATHENA_DISABLE_REQUIRES": "ATHENA_STEP_UP"}
# The public page's scripts keep the server's address and a token under these names, in the same shells.
_OF_CLIENTS = ("ATHENA_AUTH_BASE_URL", "ATHENA_AUTH_TOKEN")
BASE_PATH = "/api/auth"
_MIN_SECRET_BYTES = 32
_TEN_YEARS = 315_360_000
"""Seconds: longer than any policy asks for, and far from the year 9999, after which an expiry cannot be written."""
HOW_TO_MAKE_ONE = 'make one with: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'

OnOff = Literal["on", "off"]
CommaSeparated = Annotated[tuple[str, ...], NoDecode]


class SettingsError(Exception):
    """A setting is missing, unknown or wrong. Its text is one sentence that names it and never its value."""


class Settings(BaseSettings):
    """The settings of one server."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        # `ATHENA_SECRET=` in a compose file is a secret that was not given, not one of no bytes.
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    secret: SecretStr | None = Field(
        None,
        description="Seals and signs everything; at least 32 bytes. "
        "With SQLite one is made and kept beside the database file when none is given.",
    )
    secrets: SecretStr | None = Field(
        None,
        description='Numbered secrets for rotation, newest first, as "2:…,1:…"; a lone ATHENA_SECRET has number 1.',
    )
    database_url: str = Field(
        "sqlite:///athena.db", description="sqlite:///file, sqlite:////absolute/file or postgresql://…"
    )
    base_url: str | None = Field(
        None,
        description="The address browsers see; https makes cookies Secure. Default: http://localhost:PORT.",
    )
    host: str = Field("localhost", description="The name or address to listen on.")
    port: int = Field(3001, ge=0, le=65_535, description="The port to listen on; 0 takes any free one.")
    workers: int = Field(1, ge=1, le=256, description="How many processes serve.")
    max_connections: int | None = Field(
        None,
        ge=16,
        le=1_000_000,
        description="Connections that each process keeps at most; by default what its limit of open files allows.",
    )
    connections_per_client: int = Field(
        256,
        ge=1,
        le=1_000_000,
        description="The same from one address; this machine's own and those of ATHENA_TRUSTED_PROXIES are exempt.",
    )
    cookie_prefix: str = Field(
        "athena-auth",
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="What the names of the cookies begin with, to keep two servers on one host name apart.",
    )
    app_name: str = Field(
        "Athena",
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f-\x9f:]+$",
        description="The issuer that authenticator apps show and mails are signed with.",
    )
    mail_url: str = Field(
        "console:",
        description="Where mail goes: console:, file:///path (one JSON object a line), smtp://… (STARTTLS), smtps://… "
        "It must be set when ATHENA_BASE_URL is https.",
    )
    mail_from: str | None = Field(
        None, description='The sender of mail, as "Name <address>"; needed for smtp.'
    )
    sms_url: SecretStr | None = Field(
        None,
        description="Where text messages go, if anywhere: console:, file:///path, or an address of Apprise with "
        "{phone} in it, such as twilio://SID:TOKEN@FROM/{phone}.",
    )
    session_ttl: int = Field(
        604_800, ge=60, le=_TEN_YEARS, description="Seconds a session lasts without use; at most ten years."
    )
    challenge_ttl: int = Field(
        600, ge=10, le=3600, description="Seconds a sign-in waits for a second factor."
    )
    otp_ttl: int = Field(
        180, ge=10, le=600, description="Seconds a sent code is valid; at most 600 (SP 800-63B-4)."
    )
    trust_ttl: int = Field(
        2_592_000,
        ge=60,
        le=_TEN_YEARS,
        description="Seconds a device stays trusted without a sign-in; at most ten years.",
    )
    audit_ttl: int = Field(
        15_552_000,
        ge=86_400,
        le=_TEN_YEARS,
        description="Seconds that entries of the audit log are kept: 180 days by default, at most ten years.",
    )
    otp_fallback: OnOff = Field(
        "on",
        description="Offer codes by mail at sign-in to accounts that turned on an authenticator app only.",
    )
    step_up: Literal["second-factor", "password"] = Field(
        "second-factor",
        description="What changes of credentials and the end of other sessions demand of accounts with two-factor "
        "authentication: a second factor verified in that session within ten minutes, or the password alone, for front "
        "ends that cannot ask for a code. With the password alone, whoever knows it and has a session, for instance from "
        "a stolen trusted device, can turn two-factor authentication off. Showing the secret of an active "
        "authenticator and deleting the account always demand the second factor.",
    )
    totp_digits: int = Field(6, ge=6, le=8, description="Digits of a TOTP code.")
    totp_period: int = Field(30, ge=15, le=120, description="Seconds of a TOTP step.")
    totp_algorithm: Algorithm = Field(Algorithm.SHA1, description="Hash of a TOTP code; all apps read SHA1.")
    totp_window: int = Field(1, ge=0, le=2, description="Steps accepted to either side of the present one.")
    argon2_memory: int = Field(
        DEFAULT_COST.memory_kib, ge=7_168, le=4_194_304, description="KiB of memory for each password hash."
    )
    argon2_passes: int = Field(DEFAULT_COST.passes, ge=1, le=100, description="Passes over that memory.")
    argon2_lanes: int = Field(
        DEFAULT_COST.lanes, ge=1, le=16, description="Lanes of a password hash; see `athena-auth tune`."
    )
    rate_limit: OnOff = Field(
        "on",
        description="Limit how often one address may ask in a minute; the budget of guesses is always on.",
    )
    rate_limit_url: str = Field(
        "memory://",
        description="Where requests are counted: memory:// (each process for itself), or in a Redis or Valkey for "
        "all processes together, redis://… or rediss://… (TLS).",
    )
    trusted_origins: CommaSeparated = Field(
        (), description="Origins of front ends elsewhere, separated by commas: https://app.example.com."
    )
    reset_pages: CommaSeparated = Field(
        (),
        description="Pages that `redirectTo` of a password reset may name beside the server's own, separated by commas: "
        "addresses on a trusted origin or paths of this server. By default any page of a trusted origin.",
    )
    trusted_proxies: CommaSeparated = Field(
        (), description="Addresses or networks of proxies whose X-Forwarded-For is believed, by commas."
    )
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Opens /api/auth/metrics, in the form Prometheus reads, to whoever shows it as a bearer.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe line logged."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="console for people, json for machines; auto looks whether a terminal reads it."
    )

    @field_validator("trusted_origins", "trusted_proxies", "reset_pages", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_origin(part) for part in value)

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: str) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return checked_postgres(value)
        if (
            not value.startswith("sqlite:///")
            or value in {"sqlite:///", "sqlite:///:memory:"}
            or "\0" in unquote(value)
        ):
            raise ValueError(
                "a database address looks like sqlite:///athena.db or postgresql://user@host/name"
            )
        return value

    @field_validator("rate_limit_url")
    @classmethod
    def _is_store_of_limits(cls, value: str) -> str:
        return value if value == "memory://" else checked_redis(value)

    @field_validator("base_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        return None if value is None else checked_origin(value)

    @field_validator("secret", "secrets")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        for secret in parse_secrets(value).values() if value is not None else ():
            if len(secret) < _MIN_SECRET_BYTES:
                raise ValueError(f"a secret needs at least {_MIN_SECRET_BYTES} bytes; {HOW_TO_MAKE_ONE}")
        return value

    @model_validator(mode="after")
    def _hashes_are_strong_enough(self) -> Self:
        if not is_strong_enough(self.argon2_cost):
            raise ValueError(
                "ATHENA_ARGON2_MEMORY and ATHENA_ARGON2_PASSES are below what OWASP accepts; "
                "run athena-auth tune for values that fit this machine"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_say_secrets(self) -> Self:
        if self.secret is not None and self.secrets is not None:
            raise ValueError("give ATHENA_SECRET or ATHENA_SECRETS, not both")
        return self

    @property
    def origin(self) -> str:
        """The origin that browsers see this server at, as `https://host[:port]`."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def https(self) -> bool:
        """Whether browsers reach this server by https, so that its cookies can be kept to it."""
        return self.origin.startswith("https:")

    @property
    def argon2_cost(self) -> Cost:
        """What a new password hash costs."""
        return Cost(self.argon2_memory, self.argon2_passes, self.argon2_lanes)

    @property
    def totp_parameters(self) -> Parameters:
        """What new authenticators are told; those enrolled before keep what they were told."""
        return Parameters(self.totp_algorithm, self.totp_digits, self.totp_period)


def load_settings(**given: object) -> Settings:
    """Read the settings; keyword arguments win over the environment, the environment over `.env`.

    Raises:
        SettingsError: one is unknown, missing or wrong.
    """
    _refuse_unknown_names()
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _refuse_unknown_names() -> None:
    """A misspelt setting must not be a silently missing one: `ATHENA_SECRETT` would serve with a made-up secret."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    ours = {name for name in {*os.environ, *dotenv_values(ENV_FILE)} if name.upper().startswith(PREFIX)}
    for name in sorted(name for name in ours if not name.startswith(_OF_CLIENTS)):
        if name.upper() in RENAMED:
            raise SettingsError(f"{name} was replaced by {RENAMED[name.upper()]}; see its description")
        if name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise SettingsError(f"There is no setting {name}{hint}")


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    if not first["loc"]:
        text = first["msg"].removeprefix("Value error, ")
        return f"{text[0].upper()}{text[1:]}."
    name = str(first["loc"][0])
    return f"{PREFIX}{name.upper()}: {explain(first, name, Settings.model_fields[name].default)}."
