"""A PostgreSQL URL as libpq reads it, for a driver that knows fewer of its parameters.

What asyncpg does not know it hands to the database as a setting, and the database refuses to connect. URLs are copied from
hosting providers and from other programs' settings, with `channel_binding` and `keepalives` in them.
"""

import getpass
import os
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec

_PORT = 5432
# Of no consequence for a client that has no GSSAPI and no compression, and always sends a server name and UTF-8.
_PASSED_OVER = frozenset(
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
    """How the kernel finds out that a peer has vanished without a word; seconds, but for what is named otherwise."""

    idle: int = 30
    interval: int = 10
    count: int = 3
    user_timeout: int = 0
    """Milliseconds that sent data may go unacknowledged; 0 is the kernel's own limit."""


class PostgresTarget(msgspec.Struct, frozen=True):
    """Where to connect, in the driver's terms."""

    dsn: str
    hosts: tuple[tuple[str, int], ...]
    """Tried one after the other; empty where the driver finds the host elsewhere, in `host=` or in PGHOST."""
    options: dict[str, Any]
    """More arguments of `asyncpg.connect`."""
    connect_timeout: float | None
    """Seconds for each host; None where the URL does not say."""
    keepalive: Keepalive | None


def parse_postgres_url(url: str) -> PostgresTarget:
    """Read a URL.

    Raises:
        ValueError: a parameter cannot be used; the text names it, and no value.
    """
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = {name: given.pop(name) for name in list(given) if name in {*_KEEPALIVE, "connect_timeout"}}
    numbers = {name: _number(name, value) for name, value in known.items()}
    binding = given.pop("channel_binding", "prefer")
    options = _tls(given, must_verify=binding == "require")
    rest = {name: value for name, value in given.items() if name not in _PASSED_OVER}
    if not (parts.username or "user" in rest or "service" in rest):
        _require_a_user_name()
    rest.setdefault("application_name", "athena-auth")
    hosts = tuple(map(_host, parts.netloc.rpartition("@")[2].split(","))) if parts.netloc else ()
    if len(hosts) > 1 and "target_session_attrs" not in rest:
        # Of several, the one that takes writes is meant: on a standby every sign-in would fail.
        options["target_session_attrs"] = "read-write"
    return PostgresTarget(
        dsn=urlunsplit(parts._replace(query=urlencode(rest))),
        hosts=tuple(host for host in hosts if host[0]),
        options=options,
        # libpq reads 0 as no limit; ours remains.
        connect_timeout=float(numbers["connect_timeout"]) if numbers.get("connect_timeout") else None,
        keepalive=_keepalive(numbers),
    )


def _tls(given: dict[str, str], *, must_verify: bool) -> dict[str, Any]:
    """Take over what the driver lacks: the system's certificates, and a server that proves who it is.

    Channel binding makes sure that there is no attacker between client and server. The driver has none; a certificate that is
    verified for the host's name makes sure of the same, so that is asked for instead.
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
    # libpq reads 0 as the default.
    return Keepalive(
        idle=numbers.get("keepalives_idle") or Keepalive().idle,
        interval=numbers.get("keepalives_interval") or Keepalive().interval,
        count=numbers.get("keepalives_count") or Keepalive().count,
        user_timeout=numbers.get("tcp_user_timeout", 0),
    )


def _require_a_user_name() -> None:
    """The driver would ask the system who runs this process, and in many containers the system does not know."""
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
