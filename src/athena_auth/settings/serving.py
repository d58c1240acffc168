"""The settings of the HTTP server: where it is, from where it may be called, and what it logs."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import (
    UNIX_SOCKET,
    BaseUrl,
    CommaSeparated,
    CookieDomain,
    CookiePrefix,
    LimitsUrl,
    MetricsToken,
    OnOff,
    Origins,
    Proxies,
)

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104 - compared with, not bound to


class ServingSettings(SettingsSources):
    """Where the server is, and who calls it from where."""

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
    rate_limit: OnOff = Field(
        "on",
        description="Limit the requests of one address in a minute; the limits of failed attempts are always on.",
    )
    rate_limit_url: LimitsUrl = Field(
        "memory://",
        description="Where requests are counted: memory:// (each process for itself), or in a Redis or Valkey for "
        "all processes together, redis://… or rediss://… (TLS).",
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
    def sub_path(self) -> str:
        """The path of `url`: empty, or for instance `/sso`."""
        return urlsplit(self.url).path

    @property
    def https(self) -> bool:
        """Whether browsers use https, so that cookies are Secure."""
        return self.origin.startswith("https:")
