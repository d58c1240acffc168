"""Asking for links. Who asks is answered before anybody looks whether there is such an account."""

from athena_auth.accounts import rules
from athena_auth.delivery.errands import Errands
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.recovery.links import Links, with_parameters
from athena_auth.recovery.mail import LinkMail
from athena_auth.recovery.model import Purpose
from athena_auth.wire.caller import Caller


class LinkRequests:
    """Takes requests for links."""

    def __init__(self, mail: LinkMail, errands: Errands, links: Links, base_path: str) -> None:
        """Take what it works with, and the path that this server's own pages are below."""
        self._mail = mail
        self._errands = errands
        self._links = links
        self._base_path = base_path

    def ask_for_reset(self, email: str, page: str | None, caller: Caller) -> Refused | None:
        """Send a link that sets a new password, to `page` or to our own; the answer is the same for everybody."""
        target = self._links.reset_page(page or f"{self._base_path}/reset-password")
        return _not_ours() if target is None else self._send(email, Purpose.RESET_PASSWORD, target, caller)

    def ask_for_verification(self, email: str, callback: str | None, caller: Caller) -> Refused | None:
        """Send a link that verifies the address and then leads to `callback`, if one is given."""
        target = None if callback is None else self._links.absolute(callback)
        if callback is not None and target is None:
            return _not_ours()
        page = f"{self._links.own}{self._base_path}/verify-email"
        page = page if target is None else with_parameters(page, callbackURL=target)
        return self._send(email, Purpose.VERIFY_EMAIL, page, caller)

    def callback(self, page: str) -> str | Refused:
        """Return where somebody who followed a link may be led."""
        return self._links.absolute(page) or _not_ours()

    def _send(self, typed: str, purpose: Purpose, page: str, caller: Caller) -> Refused | None:
        address = rules.normalised_email(typed)
        if address is None:
            return Refused(ErrorCode.INVALID_EMAIL)
        self._errands.run_soon(self._mail.send(address, purpose, page, caller))
        return None


def _not_ours() -> Refused:
    return Refused(
        ErrorCode.INVALID_ORIGIN, "The page to lead to must be on this site or on a trusted origin."
    )
