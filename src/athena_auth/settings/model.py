"""Every setting, once: its name, type, default and meaning. Help, checks and docs come from this table.

A setting is read from a keyword argument, else from the environment, else from `.env` in the working
directory; on the outside its name is `ATHENA_` and the field's name in capitals.
"""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from athena_auth.crypto.passwords import DEFAULT_COST, Cost, is_strong_enough
from athena_auth.crypto.totp import Algorithm, Parameters
from athena_auth.settings.addresses import parse_ehlo_name
from athena_auth.settings.injected import is_injected
from athena_auth.settings.values import (
    HOW_TO_MAKE_ONE,
    TEN_YEARS,
    UNIX_SOCKET,
    AppName,
    BaseUrl,
    CommaSeparated,
    CookiePrefix,
    DatabaseUrl,
    EhloName,
    LimitsUrl,
    MetricsToken,
    OnOff,
    Origins,
    Proxies,
    Secrets,
)

__all__ = ["BASE_PATH", "ENV_FILE", "HOW_TO_MAKE_ONE", "PREFIX", "UNIX_SOCKET", "Settings", "SettingsError"]

PREFIX = "ATHENA_"
ENV_FILE = ".env"
BASE_PATH = "/api/auth"
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104 - compared with, not bound to


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

    secret: Secrets | None = Field(
        None,
        description="Seals and signs everything; at least 32 bytes. "
        "With SQLite one is made and kept beside the database file when none is given.",
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
        description="Seconds that PostgreSQL may take to accept a connection or to answer a statement, before it is given up.",
    )
    lock_timeout: int = Field(
        2,
        ge=1,
        le=30,
        description="Seconds to wait for a row, a table or a file that another transaction or process has locked.",
    )
    prepared_statements: OnOff = Field(
        "on",
        description="Prepare each statement once for each connection to PostgreSQL; off for poolers in transaction mode that "
        "do not track prepared statements (PgBouncer before 1.21).",
    )
    base_url: BaseUrl | None = Field(
        None,
        description="The address browsers see, with the path this server is below, if any; https makes cookies Secure. "
        "Default: http://HOST:PORT, with localhost where ATHENA_HOST is every address or a unix socket.",
    )
    host: str = Field(
        "localhost",
        description="The name or address to listen on, or a unix socket: unix:/run/athena/athena.sock.",
    )
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
    cookie_prefix: CookiePrefix = Field(
        "athena-auth",
        description="What the names of the cookies begin with, to keep two servers on one host name apart.",
    )
    app_name: AppName = Field(
        "Athena", description="The issuer that authenticator apps show and mails are signed with."
    )
    mail_url: str = Field(
        "console:",
        description="Where mail goes: console:, file:///path (one JSON object a line), smtp://… (STARTTLS), smtps://… "
        "It must be set when ATHENA_BASE_URL is https.",
    )
    mail_from: str | None = Field(
        None, description='The sender of mail, as "Name <address>"; needed for smtp.'
    )
    mail_ehlo: EhloName | None = Field(
        None, description="The name this server gives in EHLO; by default the host of ATHENA_BASE_URL."
    )
    sms_url: SecretStr | None = Field(
        None,
        description="Where text messages go, if anywhere: console:, file:///path, or an address of Apprise with "
        "{phone} in it, such as twilio://SID:TOKEN@FROM/{phone}.",
    )
    session_ttl: int = Field(
        604_800, ge=60, le=TEN_YEARS, description="Seconds a session lasts without use; at most ten years."
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
        le=TEN_YEARS,
        description="Seconds a device stays trusted without a sign-in; at most ten years.",
    )
    audit_ttl: int = Field(
        15_552_000,
        ge=86_400,
        le=TEN_YEARS,
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
    rate_limit_url: LimitsUrl = Field(
        "memory://",
        description="Where requests are counted: memory:// (each process for itself), or in a Redis or Valkey for "
        "all processes together, redis://… or rediss://… (TLS).",
    )
    trusted_origins: Origins = Field(
        (), description="Origins of front ends elsewhere, separated by commas: https://app.example.com."
    )
    reset_pages: CommaSeparated = Field(
        (),
        description="Pages that `redirectTo` of a password reset may name beside the server's own, separated by commas: "
        "addresses on a trusted origin or paths of this server. By default any page of a trusted origin, and any of this server's own outside /api/auth.",
    )
    trusted_proxies: Proxies = Field(
        (),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, by commas; unix: for the peer of a "
        "unix socket.",
    )
    metrics_token: MetricsToken | None = Field(
        None,
        description="Opens /api/auth/metrics, in the form Prometheus reads, to whoever shows it as a bearer.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe line logged."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="console for people, json for machines; auto looks whether a terminal reads it."
    )

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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - none are configured
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment without what an orchestrator has put there under names that look like ours."""
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = {
                name: value
                for name, value in env_settings.env_vars.items()
                if not is_injected(name.upper(), value or "")
            }
        return init_settings, env_settings, dotenv_settings

    @property
    def url(self) -> str:
        """The address that browsers see this server at, `https://host[:port][/path]`; `/api/auth` is below it."""
        host = self.host if self.names_its_host else "localhost"
        return self.base_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def names_its_host(self) -> bool:
        """Whether the server listens at an address that a browser can be sent to: not at every one, nor at a path."""
        return self.host not in _EVERY_ADDRESS and not self.host.startswith(UNIX_SOCKET)

    @property
    def origin(self) -> str:
        """The origin of that address, as `https://host[:port]`."""
        return self.url.removesuffix(self.sub_path)

    @property
    def ehlo_name(self) -> str:
        """What this server calls itself to mail servers (RFC 5321 section 4.1.1.1)."""
        return self.mail_ehlo or parse_ehlo_name(urlsplit(self.origin).hostname or "")

    @property
    def sub_path(self) -> str:
        """The path of that address: empty, or such as `/sso`."""
        return urlsplit(self.url).path

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
