"""Parsing of `ATHENA_DATABASE_URL`, shared by the settings check, the migrations and the server."""

from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def read_database_url(url: str) -> Path | None:
    """Return the file of an SQLite URL, or None for a PostgreSQL URL.

    Raises:
        ValueError: the URL is neither, or cannot be parsed. The message never quotes it: it may contain a password.
    """
    if url.startswith(_POSTGRES):
        _check_postgres(url)
        return None
    path = unquote(url.removeprefix(_SQLITE))
    if not url.startswith(_SQLITE) or not path or "\0" in path:
        raise ValueError("a database URL looks like sqlite:///athena.db or postgresql://user@host/name")
    # SQLite and its tools do not read these as a plain file name, and they disagree on what they mean.
    if "?" in url or "#" in url or path.startswith("file:") or ":memory:" in path:
        raise ValueError(
            "an SQLite URL is sqlite:/// followed by a file path, without parameters; "
            "write ? or # in the path as %3F or %23"
        )
    return Path(path)


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return _SQLITE + quote(str(path))


def _check_postgres(url: str) -> None:
    """Reject an unreadable URL before the driver does: drivers quote it in their errors, password included."""
    try:
        parts = urlsplit(url)
        # Several hosts, each with its port: `h1:5432,h2:5432`. urlsplit reads only one.
        hosts = parts.netloc.rpartition("@")[2]
        is_readable = all(_is_host(host) for host in hosts.split(",")) if hosts else True
        parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        is_readable = False
    if not is_readable or "#" in url:
        raise ValueError(
            "this URL cannot be parsed; it looks like postgresql://user:password@host:5432/name, "
            "with / ? # [ ] @ in the password written as %2F %3F %23 %5B %5D %40"
        )


def _is_host(text: str) -> bool:
    name, _, port = text.rpartition(":") if ":" in text and not text.endswith("]") else (text, "", "5432")
    is_bracketed = name.startswith("[") == name.endswith("]")
    return bool(name) and is_bracketed and port.isdecimal() and 0 < int(port) < 2**16
