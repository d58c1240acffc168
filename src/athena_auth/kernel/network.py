"""Which addresses count as one client. Pure."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NETWORK_BITS = 64
_NAT64 = IPv6Network("64:ff9b::/96")
"""Where a translator puts those who come by IPv4 (RFC 6052)."""
_NOWHERE = "unknown"


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what requests from this address are counted under.

    An IPv4 address is one however it is written into IPv6. Of IPv6 it is the /64, the least that anybody gets:
    by single addresses whoever has one would have 2^64. Whatever is no address counts as one.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
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
