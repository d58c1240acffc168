"""The client's address of a request. Nothing else in the server interprets `X-Forwarded-For`."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from athena_auth.kernel.log import Log
from athena_auth.kernel.network import IpAddress, address_of

_log = Log(__name__)

UNIX_PEERS = "unix:"
"""A trusted proxy that connects through a Unix socket and so has no address."""
_MOST_HOPS = 64
"""The most hops that are read from a header; no deployment has more proxies."""
_MAPPED_PREFIX = 96
"""Bits before the IPv4 address in `::ffff:0:0/96`."""


class ClientAddressResolver:
    """Determines the client's address from the connection and from trusted proxies.

    Args:
        trusted_proxies: Addresses or networks whose `X-Forwarded-For` is trusted, or `unix:`.

    Raises:
        ValueError: one is neither an address nor a network.
    """

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        networks = [proxy for proxy in trusted_proxies if proxy != UNIX_PEERS]
        self._trusted = tuple(_unmapped(ip_network(proxy, strict=False)) for proxy in networks)
        self._trusts_unix_peers = UNIX_PEERS in trusted_proxies
        self._has_warned = False

    def client(self, peer: str, forwarded_for: str) -> str:
        """Return the nearest address that is not a trusted proxy, without port or zone.

        The header is read from its end, where our own proxy appended. Everything before the first untrusted address
        may be forged by the caller.
        """
        address = address_of(peer)
        if address is None and not (self._trusts_unix_peers and forwarded_for):
            return peer
        if not forwarded_for:
            return str(address)
        # Several header lines arrive joined by commas; some proxies leave one at the end.
        hops = forwarded_for.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]
        while hops and self._is_trusted(address):
            hop = hops.pop().strip()
            if not hop:
                continue
            before = address_of(hop)
            if before is None:
                self._warn(address)
                break
            address = before
        return "" if address is None else str(address)

    def trusts(self, peer: str) -> bool:
        """Return whether the peer of a connection is a trusted proxy. A Unix socket's peer is not an address."""
        address = address_of(peer)
        return self._trusts_unix_peers if address is None else self._is_trusted(address)

    def _is_trusted(self, address: IpAddress | None) -> bool:
        """Return whether a hop is trusted. None is the peer of a Unix socket, which can only be the nearest hop."""
        return address is None or any(address in network for network in self._trusted)

    def _warn(self, proxy: IpAddress | None) -> None:
        """Log once that all clients of this proxy count as one. The header's text is not repeated."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning("proxy.unreadable_forwarded_for", proxy=str(proxy or UNIX_PEERS))


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """Return an IPv4-mapped IPv6 network as an IPv4 network, because addresses are unmapped too."""
    inner = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if inner is None or network.prefixlen < _MAPPED_PREFIX:
        return network
    return IPv4Network((int(inner), network.prefixlen - _MAPPED_PREFIX))
