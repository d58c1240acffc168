"""Parsing of IP addresses, and which addresses count as one client. Pure."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NETWORK_BITS = 64
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 clients behind a NAT64 translator (RFC 6052)."""
_UNKNOWN = "unknown"
_MAX_LENGTH = 128
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")

IpAddress = IPv4Address | IPv6Address


@lru_cache(maxsize=4096)
def address_of(text: str) -> IpAddress | None:
    """Parse an address as servers and proxies write it; None when it is not an address.

    The accepted forms are `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:443`,
    each also in quotes. A zone (`fe80::1%eth0`) is dropped: the sender controls its length and content. An IPv4-mapped
    IPv6 address (`::ffff:10.0.0.1`) becomes the IPv4 address.
    """
    if len(text) > _MAX_LENGTH:
        return None
    bare = text.strip('"')
    written = _WITH_PORT.fullmatch(bare)
    if written is not None:
        bare = written[1] or written[2]
    try:
        parsed = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def is_loopback(host: str) -> bool:
    """Return whether a host name or an address, without brackets, is this machine's own (RFC 6761 section 6.3)."""
    parsed = address_of(host)
    if parsed is not None:
        return parsed.is_loopback
    name = host.lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the network under which requests from this address are counted.

    IPv4 addresses count one by one, also when embedded in IPv6. IPv6 addresses count by /64, the smallest network
    that providers assign: counted one by one, a single client would have 2^64. All invalid addresses count as one.
    """
    parsed = address_of(address)
    if parsed is None:
        return _UNKNOWN
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    embedded = _embedded(parsed)
    if embedded is not None:
        return str(embedded)
    return str(IPv6Network((int(parsed), _NETWORK_BITS), strict=False))


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
