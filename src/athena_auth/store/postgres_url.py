"""Reads a PostgreSQL URL as libpq does, for a driver that supports fewer parameters.

asyncpg passes unknown parameters to the database as settings, and the database then refuses the connection. But people copy
URLs from hosting providers and other programs, with `channel_binding` and `keepalives` in them.
"""

import getpass
import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec

_PORT = 5432
# Without effect here: this client has no GSSAPI and no compression, and always sends SNI and UTF-8.
_IGNORED = frozenset(
    {
        "client_encoding",
        "fallback_application_name",
        "gssencmode",
        "load_balance_hosts",
        "sslcompression",
        "sslsni",
    }
)
_KEEPALIVE = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")


class Keepalive(msgspec.Struct, frozen=True):
    """TCP keepalive, which detects a peer that has vanished; in seconds unless noted."""

    idle: int = 30
    interval: int = 10
    count: int = 3
    user_timeout: int = 0
    """Milliseconds that sent data may stay unacknowledged; 0 is the kernel's default."""


class PostgresTarget(msgspec.Struct, frozen=True):
    """Where to connect, in the driver's terms."""

    dsn: str
    hosts: tuple[tuple[str, int], ...]
    """Tried in this order; empty where the driver takes the host from `host=` or PGHOST."""
    options: dict[str, Any]
    """More arguments of `asyncpg.connect`."""
    connect_timeout: float | None
    """Seconds for each host; None where the URL does not say."""
    keepalive: Keepalive | None


def parse_postgres_url(url: str) -> PostgresTarget:
    """Read a URL.

    Raises:
        ValueError: a parameter cannot be used; the message names it without its value.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {name: given.pop(name) for name in list(given) if name in {*_KEEPALIVE, "connect_timeout"}}
    numbers = {name: _number(name, value) for name, value in known.items()}
    binding = given.pop("channel_binding", "prefer")
    options = _tls(given, must_verify=binding == "require")
    rest = {name: value for name, value in given.items() if name not in _IGNORED}
    if not (parts.username or "user" in rest or "service" in rest):
        _require_a_user_name()
    rest.setdefault("application_name", "athena-auth")
    hosts = tuple(map(_host, parts.netloc.rpartition("@")[2].split(","))) if parts.netloc else ()
    if len(hosts) > 1 and "target_session_attrs" not in rest:
        # With several hosts, use the one that accepts writes: on a standby every sign-in would fail.
        options["target_session_attrs"] = "read-write"
    return PostgresTarget(
        dsn=urlunsplit(parts._replace(query=urlencode(rest))),
        hosts=tuple(host for host in hosts if host[0]),
        options=options,
        # 0 means no limit to libpq; the limit of the settings stays.
        connect_timeout=float(numbers["connect_timeout"]) if numbers.get("connect_timeout") else None,
        keepalive=_keepalive(numbers),
    )


def _tls(given: dict[str, str], *, must_verify: bool) -> dict[str, Any]:
    """Return the TLS options for what the driver lacks: the system's certificates and channel binding.

    Channel binding prevents an attacker from relaying the connection. Verifying the certificate and the host name prevents
    that as well, so a URL that requires channel binding gets `verify-full`.
    """
    is_system = given.get("sslrootcert") == "system"
    if is_system:
        del given["sslrootcert"]
    if is_system or (must_verify and "sslrootcert" not in given):
        given.pop("sslmode", None)
        return {"ssl": ssl.create_default_context()}
    if must_verify:
        given["sslmode"] = "verify-full"
    return {}


def _keepalive(numbers: Mapping[str, int]) -> Keepalive | None:
    if numbers.get("keepalives") == 0:
        return None
    # 0 means the default to libpq.
    return Keepalive(
        idle=numbers.get("keepalives_idle") or Keepalive().idle,
        interval=numbers.get("keepalives_interval") or Keepalive().interval,
        count=numbers.get("keepalives_count") or Keepalive().count,
        user_timeout=numbers.get("tcp_user_timeout", 0),
    )


def _require_a_user_name() -> None:
    """Refuse a URL without a user name where the system has none for this process either, as in many containers."""
    try:
        if not os.environ.get("PGUSER"):
            getpass.getuser()
    except (KeyError, OSError):
        raise ValueError(
            "it names no user, and this process runs as one without a name; write postgresql://user@host/name"
        ) from None


def _number(name: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 6:  # noqa: PLR2004 - eleven days, more than the kernel takes
        raise ValueError(f"{name} in the address of the database is a whole number")
    return int(value)


def _host(text: str) -> tuple[str, int]:
    name, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    return unquote(name if colon else text).strip("[]"), int(port) if colon else _PORT
