"""Where a request comes from: the one owner of that fact."""

from ipaddress import ip_address, ip_network


class AddressRule:
    """Reads the client's address from the connection, or from proxies that are known."""

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        """Take the addresses or networks whose `X-Forwarded-For` is believed.

        Raises:
            ValueError: one is neither.
        """
        self._trusted = tuple(ip_network(proxy, strict=False) for proxy in trusted_proxies)

    def client(self, peer: str, forwarded_for: str) -> str:
        """Return the address nearest to us that is not a trusted proxy.

        The header is read from its end, where our own proxy wrote: what stands before the first address that
        we do not trust is the caller's own invention.
        """
        address = peer
        hops = forwarded_for.split(",") if forwarded_for else []
        while hops and self._is_trusted(address):
            hop = hops.pop().strip()
            if not _is_address(hop):
                break
            address = hop
        return address

    def _is_trusted(self, address: str) -> bool:
        return _is_address(address) and any(ip_address(address) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
