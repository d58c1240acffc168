"""Where a request comes from: the one owner of that fact."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from athena_auth.kernel.log import Log
from athena_auth.kernel.network import IpAddress, address_of

_log = Log(__name__)

UNIX_PEERS = "unix:"
"""Among the trusted proxies: the peer of a unix socket, which has no address."""
_MOST_HOPS = 64
"""Of a header; more proxies than that stand before nobody's server."""
_MAPPED_PREFIX = 96
"""Bits before the IPv4 address in `::ffff:0:0/96`."""


class ClientAddressResolver:
    """Reads the client's address from the connection, or from proxies that are known."""

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        """Take the addresses or networks whose `X-Forwarded-For` is believed.

        Raises:
            ValueError: one is neither.
        """
        networks = [proxy for proxy in trusted_proxies if proxy != UNIX_PEERS]
        self._trusted = tuple(_unmapped(ip_network(proxy, strict=False)) for proxy in networks)
        self._trusts_unix_peers = UNIX_PEERS in trusted_proxies
        self._has_complained = False

    def client(self, peer: str, forwarded_for: str) -> str:
        """Return the address nearest to us that is not a trusted proxy, without port or zone.

        The header is read from its end, where our own proxy wrote: what stands before the first address that
        we do not trust is the caller's own invention.
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
                self._complain(address)
                break
            address = before
        return "" if address is None else str(address)

    def _is_trusted(self, address: IpAddress | None) -> bool:
        """Tell whether a hop's word is believed; None is the peer of a unix socket, which is only ever the nearest hop."""
        return address is None or any(address in network for network in self._trusted)

    def _complain(self, proxy: IpAddress | None) -> None:
        """Log once that all who come by this proxy count as one client; what it sent is not repeated."""
        if not self._has_complained:
            self._has_complained = True
            _log.warning("proxy.unreadable_forwarded_for", proxy=str(proxy or UNIX_PEERS))


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """Return a network of IPv4 that is written into IPv6 as what it is, since addresses are read so, too."""
    inner = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if inner is None or network.prefixlen < _MAPPED_PREFIX:
        return network
    return IPv4Network((int(inner), network.prefixlen - _MAPPED_PREFIX))
