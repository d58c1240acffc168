"""Where a link in an email or a response may lead. Pure.

An open redirect would let an attacker's page appear under this server's name, and hand it password reset tokens.
"""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit


class RedirectPolicy:
    """Decides which pages users may be redirected to: this server's own and those of trusted origins.

    Args:
        own: This server's origin, `https://host[:port]`.
        trusted: Other trusted origins in the same form.
        own_reset_page: The path of this server's own password reset page.
        reset_pages: The pages that may receive password reset tokens; if empty, any page of a trusted origin may.

    Raises:
        ValueError: a reset page is neither on this server nor on a trusted origin.
    """

    def __init__(
        self, own: str, trusted: tuple[str, ...], own_reset_page: str = "", reset_pages: tuple[str, ...] = ()
    ) -> None:
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
        """Return the URL of a page that may receive a password reset token; None when it may not.

        Of the pages below this API, only the reset page may: any other would leak the token, and the link would not
        work. If the operator has listed no reset pages, any page of a trusted origin may receive the token, and any
        page that a proxy serves next to this API on the same origin.
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
        """Return the URL of a page, given as a path or a URL; None when its origin is not trusted."""
        # Browsers read a backslash as a slash, parsers do not; both drop control characters, but different ones.
        if not page.isprintable() or "\\" in page or " " in page:
            return None
        if page.startswith("/") and not page.startswith("//"):
            return self.own + _in_ascii(page)
        try:
            parts = urlsplit(page)
        except ValueError:
            return None
        # ASCII only: lower-casing turns the Kelvin sign into `k`, so another host name could match.
        is_known = parts.netloc.isascii() and f"{parts.scheme}://{parts.netloc}".lower() in self._origins
        return _in_ascii(page) if is_known else None


def _without_query(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower() + parts.path


def with_parameters(url: str, **parameters: str) -> str:
    """Return the URL with these parameters in its query."""
    parts = urlsplit(url)
    # An existing parameter is replaced: a page that reads the first one would read an attacker's value.
    others = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters]
    query = urlencode([*others, *parameters.items()])
    return urlunsplit(parts._replace(query=query))


def _in_ascii(page: str) -> str:
    return quote(page, safe="/:?#[]@!$&'()*+,;=%~-._")
