"""Where pages are: the paths that links and redirects use."""

from dataclasses import dataclass
from urllib.parse import urlencode

from athena_auth.pages.visit import Visit
from athena_auth.wire.redirects import RedirectPolicy

# Proxies refuse a response with very long headers, and the cookie of the sign-in would be lost with it.
_MOST_NEXT = 2048
"""Characters of the URL that a sign-in leads to."""


@dataclass(frozen=True, slots=True)
class Site:
    """The paths of the pages, as browsers see them.

    Attributes:
        pages: The path of the pages, without a final slash; None if only those that mails link to are on.
        api: The path of the API, below which the pages that mails link to and the assets always are.
        redirects: The pages elsewhere that users may be sent to.
        turn_on: The path of the page on which two-factor authentication is turned on.
    """

    pages: str | None
    api: str
    redirects: RedirectPolicy
    turn_on: str

    def link(self, path: str, **query: str) -> str:
        """Return the path of a page with this query; parameters without a value are left out."""
        given = urlencode({name: value for name, value in query.items() if value})
        return f"{self.pages or ''}{path}{f'?{given}' if given else ''}"

    def mail_link(self, path: str, **query: str) -> str:
        """Return the path of a page that mails link to."""
        given = urlencode({name: value for name, value in query.items() if value})
        return f"{self.api}{path}{f'?{given}' if given else ''}"

    def endpoint(self, path: str) -> str:
        """Return the path of an endpoint of the API."""
        return f"{self.api}{path}"

    def asset(self, name: str) -> str:
        """Return the path of an asset, by its name with the hash."""
        return f"{self.api}/assets/{name}"

    def next(self, visit: Visit) -> str:
        """Return the page that the visitor asked for before the sign-in, as it was given; empty if there is none.

        Only pages of this site or of a trusted origin are accepted: an open redirect would lend this site's name to
        an attacker's page.
        """
        asked = visit.field("next")
        target = self.redirects.absolute(asked) if asked else None
        return asked if target is not None and len(target) <= _MOST_NEXT else ""

    def mailed_next(self, visit: Visit) -> dict[str, str]:
        """Return the fields of a call that may mail a link, so that the link leads to the page asked for as well."""
        asked = self.next(visit)
        return {"callbackURL": asked} if asked else {}

    def last_code_used(self, visit: Visit) -> str:
        """Return the page to open when the last backup code was used; it leads on to the page asked for."""
        return self.link("/security/backup-codes", notice="last-code", next=self.next(visit))

    def after_sign_in(self, visit: Visit) -> str:
        """Return the URL to open when a sign-in is complete: the page asked for, or the overview."""
        asked = self.next(visit)
        return (self.redirects.absolute(asked) if asked else None) or self.link("/security")
