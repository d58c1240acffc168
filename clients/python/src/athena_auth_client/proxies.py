"""The proxy for a server, from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` in the environment.

httpx reads these too, but creates no client at all if `NO_PROXY` has an IPv6 address in brackets or an IPv6 network. A client of
this package talks to one server, so one decision is enough.
"""

import re
from ipaddress import ip_address, ip_network
from urllib.request import getproxies

import httpx

from athena_auth_client.errors import AthenaError

INVALID_PROXY = "INVALID_PROXY"
"""The proxy in the environment cannot be used."""
_PORTS = {"http": 80, "https": 443}
_WITH_PORT = re.compile(r"(\[[^\]]*\]|[^:]*):([0-9]+)")


def sync_transport(base_url: str) -> httpx.HTTPTransport:
    """Return the transport for requests to this server.

    Raises:
        AthenaError: INVALID_PROXY, the proxy in the environment cannot be used.
    """
    try:
        return httpx.HTTPTransport(proxy=_proxy_for(base_url))
    except (ImportError, ValueError, httpx.InvalidURL):
        error = _invalid_proxy(base_url)
    # Raised outside the except block, so that httpx's exception, which may quote the proxy's password, is not chained.
    raise error


def async_transport(base_url: str) -> httpx.AsyncHTTPTransport:
    """Return the same for the asynchronous client."""
    try:
        return httpx.AsyncHTTPTransport(proxy=_proxy_for(base_url))
    except (ImportError, ValueError, httpx.InvalidURL):
        error = _invalid_proxy(base_url)
    raise error


def _invalid_proxy(base_url: str) -> AthenaError:
    name = base_url.partition(":")[0].upper()
    message = f"The proxy that {name}_PROXY or ALL_PROXY names cannot be used. Correct it, or list the server in NO_PROXY."
    return AthenaError(INVALID_PROXY, message)


def _proxy_for(base_url: str) -> str | None:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        return None  # `Connection` reports the malformed URL.
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or any(_matches(entry.strip(), url) for entry in proxies.get("no", "").split(",")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _matches(entry: str, url: httpx.URL) -> bool:
    """Return whether an entry of `NO_PROXY` matches this server.

    An entry is `*`, an address, a network, or a domain with its subdomains (with a leading dot: the subdomains only), each
    with or without a scheme and a port. An IPv6 address may be in brackets.
    """
    scheme, _, rest = entry.rpartition("://")
    host, port = (found[1], found[2]) if (found := _WITH_PORT.fullmatch(rest)) else (rest, "")
    if (scheme and scheme not in {"all", url.scheme}) or (port and int(port) != _port_of(url)):
        return False
    host = re.sub(r"[\[\]]", "", host.lower())
    try:
        return ip_address(url.host) in ip_network(host, strict=False)
    except ValueError:
        return _matches_name(host, url.host)


def _matches_name(pattern: str, host: str) -> bool:
    if pattern in {"*", host}:
        return True
    parent = pattern.removeprefix("*").removeprefix(".")
    return bool(parent) and host.endswith(f".{parent}")


def _port_of(url: httpx.URL) -> int | None:
    return url.port or _PORTS.get(url.scheme)
