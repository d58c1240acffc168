"""`ATHENA_DATABASE_URL`, read in one place and in one way: by the check of the settings, the migration and the server."""

from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def read_database_url(url: str) -> Path | None:
    """Return the file of an SQLite address, or None for one of PostgreSQL.

    Raises:
        ValueError: it is neither, or cannot be read. The text repeats nothing of it: it may hold a password.
    """
    if url.startswith(_POSTGRES):
        _check_postgres(url)
        return None
    path = unquote(url.removeprefix(_SQLITE))
    if not url.startswith(_SQLITE) or not path or "\0" in path:
        raise ValueError("a database address looks like sqlite:///athena.db or postgresql://user@host/name")
    # SQLite and its tools read these as something else than the name of a file, and not all of them alike.
    if "?" in url or "#" in url or path.startswith("file:") or ":memory:" in path:
        raise ValueError(
            "an SQLite address is sqlite:/// and the path of a file, without parameters; "
            "a ? or # in the name is written %3F or %23"
        )
    return Path(path)


def sqlite_url(path: Path) -> str:
    """Return the address of an SQLite file."""
    return _SQLITE + quote(str(path))


def _check_postgres(url: str) -> None:
    """Drivers quote what they cannot read, and that may be half a password: find it out before they do."""
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
            "this address cannot be read; it looks like postgresql://user:password@host:5432/name, "
            "with / ? # [ ] @ in the password written as %2F %3F %23 %5B %5D %40"
        )


def _is_host(text: str) -> bool:
    name, _, port = text.rpartition(":") if ":" in text and not text.endswith("]") else (text, "", "5432")
    is_bracketed = name.startswith("[") == name.endswith("]")
    return bool(name) and is_bracketed and port.isdecimal() and 0 < int(port) < 2**16
