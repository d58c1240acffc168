"""Which pages may act with somebody's cookies."""


class OriginRule:
    """Answers whether a cookie-authenticated request comes from where it may come from.

    A browser attaches cookies to whatever any page makes it send; only `Origin`, which a page cannot forge,
    tells whose idea the request was (ASVS 3.5).
    """

    def __init__(self, own: str, trusted: tuple[str, ...]) -> None:
        """Take the origin of this server and those of its front ends elsewhere."""
        self.expected = (own, *trusted)
        self._allowed = frozenset(self.expected)
        self._scheme = own.partition("://")[0]

    def admits(self, origin: str, host: str) -> bool:
        """Tell whether `origin` is trusted, or is this very server under the name the browser used for it."""
        if origin in self._allowed:
            return True
        # The scheme must be ours too: whoever sits on the wire can serve http under our name.
        return bool(host) and origin == f"{self._scheme}://{host}"
