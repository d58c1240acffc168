"""The links in mails about a change of address."""

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.wire.redirects import RedirectPolicy, with_parameters

VERIFY_PATH = "/change-email/verify"
UNDO_PATH = "/change-email/undo"


class EmailChangeLinks:
    """Makes the links. `base_path` is the path below which this server's own pages are."""

    def __init__(self, redirects: RedirectPolicy, base_path: str) -> None:
        self._redirects = redirects
        self._base = f"{redirects.own}{base_path}"

    def callback(self, page: str | None) -> str | Refused | None:
        """Return the URL of the page that a link may lead to."""
        if page is None:
            return None
        return self._redirects.absolute(page) or Refused(ErrorCode.INVALID_CALLBACK_URL)

    def verification(self, token: str, callback: str | None) -> str:
        """Return the link to a new address; it leads to `callback`, if given."""
        more = {} if callback is None else {"callbackURL": callback}
        return with_parameters(f"{self._base}{VERIFY_PATH}", token=token, **more)

    def undo(self, token: str) -> str:
        """Return the link to an old address."""
        return with_parameters(f"{self._base}{UNDO_PATH}", token=token)
