"""Where a link in a mail or an answer may lead. Pure.

A link that leads wherever its caller says would put our name under a stranger's page, and a reset's token
into that page's hands.
"""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit


class RedirectPolicy:
    """Knows the pages that people may be led to: this server's own and those of trusted front ends."""

    def __init__(
        self, own: str, trusted: tuple[str, ...], own_reset_page: str = "", reset_pages: tuple[str, ...] = ()
    ) -> None:
        """Take this server's origin and those of its front ends elsewhere, as `https://host[:port]`.

        Raises:
            ValueError: a reset page is on neither of them.
        """
        self.own = own
        self._origins = frozenset({own, *trusted})
        self._own_reset_page = own + own_reset_page
        self._api = self._own_reset_page.rpartition("/")[0] + "/"
        self._reset_pages = {_without_query(self._configured(page)) for page in reset_pages}

    def _configured(self, page: str) -> str:
        address = self.absolute(page)
        if address is None:
            raise ValueError(f"{page} is neither a path of this server nor on a trusted origin")
        return address

    def reset_page(self, page: str) -> str | None:
        """Return the address of a page that may be handed the token of a reset; None when it may not.

        Only pages that exist for that: below this API there is one, and on any other address there the token would do
        nothing but leak, and the mail with it would be useless. Where the operator named no pages, those of the front ends
        they trust will do, and what a proxy serves beside this API on the same origin.
        """
        address = self.absolute(page)
        if address is None:
            return None
        bare = _without_query(address)
        if bare == self._own_reset_page or bare in self._reset_pages:
            return address
        is_ours = bare == self.own or bare.startswith(self._api) or bare + "/" == self._api
        return None if is_ours or self._reset_pages else address

    def absolute(self, page: str) -> str | None:
        """Return the address of a page, which may be a path of our own; None when it is nobody's we know."""
        # A backslash is a slash to browsers and not to parsers; a control character is dropped by both, differently.
        if not page.isprintable() or "\\" in page or " " in page:
            return None
        if page.startswith("/") and not page.startswith("//"):
            return self.own + _in_ascii(page)
        try:
            parts = urlsplit(page)
        except ValueError:
            return None
        # Only ASCII: the Kelvin sign is a `k` in lower case, and nobody's host.
        is_known = parts.netloc.isascii() and f"{parts.scheme}://{parts.netloc}".lower() in self._origins
        return _in_ascii(page) if is_known else None


def _without_query(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() + parts.path


def with_parameters(url: str, **parameters: str) -> str:
    """Return the address with parameters added to its query."""
    parts = urlsplit(url)
    # A parameter that is there already is replaced: a page that reads the first would read a stranger's.
    others = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters]
    query = urlencode([*others, *parameters.items()])
    return urlunsplit(parts._replace(query=query))


def _in_ascii(page: str) -> str:
    return quote(page, safe="/:?#[]@!$&'()*+,;=%~-._")
