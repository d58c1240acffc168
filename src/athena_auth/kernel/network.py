"""How addresses are written, and which count as one client. Pure."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NETWORK_BITS = 64
_NAT64 = IPv6Network("64:ff9b::/96")
"""Where a translator puts those who come by IPv4 (RFC 6052)."""
_NOWHERE = "unknown"
_MOST_CHARACTERS = 128
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")

IpAddress = IPv4Address | IPv6Address


@lru_cache(maxsize=4096)
def address_of(text: str) -> IpAddress | None:
    """Read an address in the forms in which servers and proxies write it; None when it is in none of them.

    They are `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:443`, each also in
    quotes. A zone (`fe80::1%eth0`) is dropped: it may be of any length and holds what its sender likes. An IPv4 address
    that is written into IPv6 (`::ffff:10.0.0.1`) is that IPv4 address.
    """
    if len(text) > _MOST_CHARACTERS:
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


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what requests from this address are counted under.

    An IPv4 address is one however it is written into IPv6. Of IPv6 it is the /64, the least that anybody gets:
    by single addresses whoever has one would have 2^64. Whatever is no address counts as one.
    """
    parsed = address_of(address)
    if parsed is None:
        return _NOWHERE
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
