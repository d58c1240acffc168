"""Every setting: its name, type, default and description. The command line's help and the reference are generated from it.

A setting is read from a keyword argument, the environment or `.env` in the working directory. Its variable is `ATHENA_`
followed by the field's name in capitals.
"""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from athena_auth.crypto.passwords import DEFAULT_COST, Cost, is_strong_enough
from athena_auth.crypto.totp import Algorithm, Parameters
from athena_auth.settings.addresses import parse_ehlo_name
from athena_auth.settings.sources import ENV_FILE, PREFIX, SettingsSources
from athena_auth.settings.values import (
    HOW_TO_MAKE_ONE,
    TEN_YEARS,
    UNIX_SOCKET,
    AppName,
    BaseUrl,
    CommaSeparated,
    CookieDomain,
    CookiePrefix,
    DatabaseUrl,
    EhloName,
    LimitsUrl,
    MetricsToken,
    OnOff,
    Origins,
    Proxies,
    Secrets,
    SignUp,
)

__all__ = [
    "BASE_PATH",
    "ENV_FILE",
    "HOW_TO_MAKE_ONE",
    "PREFIX",
    "UNIX_SOCKET",
    "ServerSettings",
    "SettingsError",
]

BASE_PATH = "/api/auth"
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104 - compared with, not bound to


class SettingsError(Exception):
    """A setting is missing, unknown or invalid. The message names the setting and never repeats its value."""


class ServerSettings(SettingsSources):
    """The settings of the server, without those of its pages."""

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
    base_url: BaseUrl | None = Field(
        None,
        description="This server's URL in browsers, with the path that it is served below, if any; https makes cookies Secure. "
        "Default: http://HOST:PORT, with localhost if ATHENA_HOST is every address or a Unix socket.",
    )
    host: str = Field(
        "localhost",
        description="The host name or address to listen on, or a Unix socket: unix:/run/athena/athena.sock.",
    )
    port: int = Field(3001, ge=0, le=65_535, description="The port to listen on; 0 chooses a free one.")
    workers: int = Field(1, ge=1, le=256, description="The number of worker processes.")
    max_connections: int | None = Field(
        None,
        ge=16,
        le=1_000_000,
        description="The most connections that each process keeps; by default what its limit of open files allows.",
    )
    connections_per_client: int = Field(
        256,
        ge=1,
        le=1_000_000,
        description="The most connections from one address; this machine's own addresses and ATHENA_TRUSTED_PROXIES are exempt.",
    )
    cookie_prefix: CookiePrefix = Field(
        "athena-auth",
        description="The prefix of the cookies' names; two servers on one host name need different ones.",
    )
    cookie_domain: CookieDomain | None = Field(
        None,
        description="The domain whose hosts all receive the session cookie, such as example.com, for forward authentication. "
        "Every one of them can then act as the user: docs/how-to/protect-any-application.md. By default only this host receives it.",
    )
    app_name: AppName = Field(
        "Athena", description="The name of the service in authenticator apps and in mails."
    )
    texts: str | None = Field(
        None,
        description="A folder with texts of your own, as gettext catalogues: de.po replaces German sentences, and nl.po adds Dutch.",
    )
    mail_url: str = Field(
        "console:",
        description="Where mail goes: console:, file:///path (one JSON object a line), smtp://… (STARTTLS), smtps://… "
        "It is required if ATHENA_BASE_URL is https.",
    )
    mail_from: str | None = Field(
        None, description='The sender of mail, as "Name <address>"; needed for smtp.'
    )
    mail_ehlo: EhloName | None = Field(
        None, description="This server's name in EHLO; by default the host of ATHENA_BASE_URL."
    )
    sms_url: SecretStr | None = Field(
        None,
        description="Where text messages go; without it no codes are sent by text. console:, file:///path, or an Apprise URL "
        "with {phone} in it, such as twilio://SID:TOKEN@FROM/{phone}.",
    )
    sign_up: SignUp = Field(
        "open",
        description="Who may create an account: open, anyone; invite, who has an invitation of `athena-auth invite`; closed, "
        "nobody. Operators and a host application can always create accounts.",
    )
    invite_days: int = Field(7, ge=1, le=90, description="Days that an invitation is valid.")
    require_verified_email: OnOff = Field(
        "off",
        description="Accept sessions only of accounts whose email address is verified. With on, the response to a sign-up is "
        "the same for new addresses and those of existing accounts.",
    )
    session_ttl: int = Field(
        604_800,
        ge=60,
        le=TEN_YEARS,
        description="Seconds that a session lasts without use; at most ten years.",
    )
    session_max_age: int | None = Field(
        None,
        ge=60,
        le=TEN_YEARS,
        description="Seconds after the sign-in at which a session ends, however much it is used; not limited by default. For "
        "NIST SP 800-63B-4 AAL2 set 86400 and ATHENA_SESSION_TTL=3600, or less.",
    )
    challenge_ttl: int = Field(
        600, ge=10, le=3600, description="Seconds that a pending sign-in waits for its second factor."
    )
    otp_ttl: int = Field(
        180, ge=10, le=600, description="Seconds that a sent code is valid; at most 600 (SP 800-63B-4)."
    )
    trust_ttl: int = Field(
        2_592_000,
        ge=60,
        le=TEN_YEARS,
        description="Seconds that a device stays trusted without a sign-in; at most ten years.",
    )
    audit_ttl: int = Field(
        15_552_000,
        ge=86_400,
        le=TEN_YEARS,
        description="Seconds that events stay in the audit log: 180 days by default, at most ten years.",
    )
    otp_fallback: OnOff = Field(
        "on",
        description="At sign-in, offer codes by mail also to accounts whose only factor is an authenticator app.",
    )
    step_up: Literal["second-factor", "password"] = Field(
        "second-factor",
        description="What an account with two-factor authentication needs to change credentials and to end other sessions: "
        "second-factor, verified in that session within ten minutes, or the password alone, for front ends that cannot ask "
        "for a code. With password, an attacker who knows the password and has a session, for instance from a stolen "
        "trusted device, can turn two-factor authentication off. Showing the secret of an active authenticator and "
        "deleting the account always require the second factor.",
    )
    totp_digits: int = Field(6, ge=6, le=8, description="Digits of a TOTP code.")
    totp_period: int = Field(30, ge=15, le=120, description="Seconds of a TOTP time step.")
    totp_algorithm: Algorithm = Field(
        Algorithm.SHA1, description="The hash of TOTP codes; all apps support SHA1."
    )
    totp_window: int = Field(
        1, ge=0, le=2, description="Time steps accepted before and after the current one."
    )
    argon2_memory: int = Field(
        DEFAULT_COST.memory_kib, ge=7_168, le=4_194_304, description="KiB of memory for each password hash."
    )
    argon2_passes: int = Field(DEFAULT_COST.passes, ge=1, le=100, description="Passes over that memory.")
    argon2_lanes: int = Field(
        DEFAULT_COST.lanes, ge=1, le=16, description="Lanes of a password hash; see `athena-auth tune`."
    )
    rate_limit: OnOff = Field(
        "on",
        description="Limit the requests of one address in a minute; the limits of failed attempts are always on.",
    )
    rate_limit_url: LimitsUrl = Field(
        "memory://",
        description="Where requests are counted: memory:// (each process for itself), or in a Redis or Valkey for "
        "all processes together, redis://… or rediss://… (TLS).",
    )
    trusted_origins: Origins = Field(
        (), description="Origins of front ends on other hosts, separated by commas: https://app.example.com."
    )
    reset_pages: CommaSeparated = Field(
        (),
        description="Pages that `redirectTo` of a password reset may name besides the server's own page, separated by commas: URLs "
        "on a trusted origin, or paths of this server. By default any page of a trusted origin, and of this server outside /api/auth.",
    )
    trusted_proxies: Proxies = Field(
        (),
        description="Addresses or networks of proxies whose X-Forwarded-For is trusted, separated by commas; unix: for the peer "
        "of a Unix socket.",
    )
    metrics_token: MetricsToken | None = Field(
        None,
        description="The bearer token for /api/auth/metrics, in Prometheus's format; without it there is no such path.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe level that is logged."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="console for readers, json for programs; auto chooses console in a terminal."
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
    def _secrets_are_given_once(self) -> Self:
        if self.secret is not None and self.secrets is not None:
            raise ValueError("set ATHENA_SECRET or ATHENA_SECRETS, not both")
        return self

    @property
    def url(self) -> str:
        """This server's URL in browsers, `https://host[:port][/path]`, without `/api/auth`."""
        host = self.host if self.names_its_host else "localhost"
        return self.base_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def names_its_host(self) -> bool:
        """Whether `host` can be a part of a URL: it is neither every address nor a Unix socket."""
        return self.host not in _EVERY_ADDRESS and not self.host.startswith(UNIX_SOCKET)

    @property
    def origin(self) -> str:
        """The origin of `url`, as `https://host[:port]`."""
        return self.url.removesuffix(self.sub_path)

    @property
    def ehlo_name(self) -> str:
        """This server's name in EHLO (RFC 5321 section 4.1.1.1)."""
        return self.mail_ehlo or parse_ehlo_name(urlsplit(self.origin).hostname or "")

    @property
    def sub_path(self) -> str:
        """The path of `url`: empty, or for instance `/sso`."""
        return urlsplit(self.url).path

    @property
    def https(self) -> bool:
        """Whether browsers use https, so that cookies are Secure."""
        return self.origin.startswith("https:")

    @property
    def argon2_cost(self) -> Cost:
        """The cost of a new password hash."""
        return Cost(self.argon2_memory, self.argon2_passes, self.argon2_lanes)

    @property
    def totp_parameters(self) -> Parameters:
        """The parameters of new authenticators; enrolled ones keep theirs."""
        return Parameters(self.totp_algorithm, self.totp_digits, self.totp_period)
