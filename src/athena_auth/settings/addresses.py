"""Validates the settings that are URLs or names, and normalizes them as browsers and drivers expect.

Error messages never repeat a value: URLs contain passwords.
"""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import idna

_ESCAPES = "with / ? # [ ] @ in the password written as %2F %3F %23 %5B %5D %40"
_NO_OR_NUMBERED_DATABASE = re.compile(r"/?|/[0-9]{1,5}")
_IPV6 = 6
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:%]+)(?::[0-9]+)?")
"""urlsplit also accepts what a browser refuses: a zone, text after a bracket, a colon without a port."""
_SUB_PATH = re.compile(r"(?:/[A-Za-z0-9_.~-]+)*")


def parse_origin(text: str) -> str:
    """Return an origin as browsers send it (RFC 6454): in lower case, in ASCII, without the scheme's default port.

    Raises:
        ValueError: the text is not an origin, or has more parts than an origin.
    """
    parts = _split_url(text)
    if parts is None or parts.path not in {"", "/"}:
        raise ValueError(
            "an origin must look like https://app.example.com or http://localhost:5173, without a path, a user or wildcards"
        )
    return _origin_of(parts)


def parse_base_url(text: str) -> str:
    """Return this server's URL in browsers: its origin, and the path that it is served below, if any.

    Raises:
        ValueError: the text is not such a URL.
    """
    parts = _split_url(text)
    path = "" if parts is None else parts.path.rstrip("/")
    if parts is None or not _SUB_PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError(
            "a base URL must look like https://auth.example.com or https://example.com/sso, without a user or a query"
        )
    return _origin_of(parts) + path


def parse_pages_path(text: str) -> str:
    """Return a path below which pages are served, without a final slash; `/` is the root.

    Raises:
        ValueError: the text is not such a path.
    """
    path = text.rstrip("/")
    if f"{path}/".startswith("/api/auth/"):
        raise ValueError("the API is at /api/auth; choose another path")
    if not text.startswith("/") or not _SUB_PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError("a path must look like / or /account")
    return path or "/"


def parse_cookie_domain(text: str) -> str:
    """Return a domain for cookies as browsers write it, without a leading dot (RFC 6265 section 5.2.3).

    Raises:
        ValueError: the text is no domain of two or more labels. Browsers refuse cookies for an address or for `com`.
    """
    name = _ascii_host(text.removeprefix("."))
    # A last label of digits makes it an IPv4 address to browsers.
    if name is None or "." not in name or name.rpartition(".")[2].isdecimal():
        raise ValueError("a cookie domain must look like example.com, without a scheme, a port or a path")
    return name


def parse_rp_id(text: str) -> str:
    """Return the domain that passkeys belong to, as browsers write it.

    Raises:
        ValueError: the text is no domain. Browsers refuse an address, and one label but `localhost`.
    """
    name = _ascii_host(text)
    if name is None or ("." not in name and name != "localhost") or name.rpartition(".")[2].isdecimal():
        raise ValueError("an RP ID must look like example.com, without a scheme, a port or a path")
    return name


def is_within(host: str, domain: str) -> bool:
    """Return whether a host is the domain or below it."""
    return host == domain or host.endswith(f".{domain}")


def parse_ehlo_name(text: str) -> str:
    """Return a name for EHLO: a domain name in ASCII, or an address literal (RFC 5321 section 4.1.3).

    Raises:
        ValueError: the text is neither.
    """
    bare = text[1:-1].removeprefix("IPv6:") if text.startswith("[") and text.endswith("]") else text
    try:
        address = ip_address(bare)
    except ValueError:
        name = _ascii_host(text)
    else:
        name = f"[IPv6:{address}]" if address.version == _IPV6 else f"[{address}]"
    if name is None or "%" in name:  # a zone has a meaning on this machine only
        raise ValueError("a name for EHLO must look like auth.example.com, [192.0.2.1] or [IPv6:2001:db8::1]")
    return name


def parse_redis_url(url: str) -> str:
    """Return the URL of a Redis or Valkey unchanged.

    Raises:
        ValueError: it is another kind of URL, or malformed.
    """
    if not url.startswith(("redis://", "rediss://")) or not _is_readable(url):
        raise ValueError(
            "the store of request limits must look like memory:// or redis://user:password@host:6379/0, "
            + _ESCAPES
        )
    parts = urlsplit(url)
    # The client would use this machine for a missing host, and the first database for a name that is not a number.
    if not parts.hostname or not _NO_OR_NUMBERED_DATABASE.fullmatch(parts.path):
        raise ValueError("this URL has no host, or its database is not a number")
    return url


def parse_range_url(url: str) -> str:
    """Return the URL of a range query with one slash at its end: the first five digits of a hash follow it.

    Raises:
        ValueError: it is no http(s) URL of host, port and path.
    """
    parts = _split_url(url)
    if parts is None:
        raise ValueError(
            "a range query must look like https://host/range/, without a user name, a query or a fragment"
        )
    return f"{_origin_of(parts)}{parts.path.rstrip('/')}/"


def _split_url(text: str) -> SplitResult | None:
    """Return the parts of an http(s) URL with only host, port and path; None for anything else."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    is_plain = text.isprintable() and not {" ", "\\", "*", "@", "?", "#"} & set(text)
    is_web = parts.scheme in _DEFAULT_PORTS and _ascii_host(parts.hostname or "") is not None
    return parts if is_plain and is_web and port != 0 and _HOST_AND_PORT.fullmatch(parts.netloc) else None


def _origin_of(parts: SplitResult) -> str:
    host = _ascii_host(parts.hostname or "")
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _ascii_host(host: str) -> str | None:
    """Return a host name as browsers write it (UTS 46), with an IPv6 address in brackets; None if it is invalid."""
    if ":" in host:
        try:
            return f"[{ip_address(host)}]"
        except ValueError:
            return None
    try:
        # ASCII names are left alone: they may contain characters that IDNA does not allow, such as an underscore.
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return None
    return name.lower() if re.fullmatch(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*", name) else None


def _is_readable(url: str) -> bool:
    # A driver quotes what it cannot parse, which may be a part of the password. So malformed URLs are refused here.
    try:
        port = urlsplit(url).port
    except ValueError:
        return False
    return (port is None or port > 0) and "#" not in url
