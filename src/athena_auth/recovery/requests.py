"""Requests for links. The response is sent before the server looks up whether there is such an account."""

from dataclasses import dataclass

from athena_auth.accounts import rules
from athena_auth.accounts.model import Account
from athena_auth.delivery.background_tasks import BackgroundTasks
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.recovery.email_links import EmailLinkSender
from athena_auth.recovery.sql import Purpose
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import Caller
from athena_auth.wire.redirects import RedirectPolicy, with_parameters


@dataclass(frozen=True, slots=True)
class EmailLinkRequests:
    """Accepts requests for links. `base_path` is the path below which this server's own pages are."""

    mail: EmailLinkSender
    background: BackgroundTasks
    redirects: RedirectPolicy
    base_path: str

    def ask_for_reset(self, email: str, page: str | None, caller: Caller) -> Refused | None:
        """Send a password reset link to `page` or to this server's own page, if there is such an account."""
        target = self.reset_page(page)
        if isinstance(target, Refused):
            return target
        return self._send(email, Purpose.RESET_PASSWORD, target, caller)

    def reset_page(self, page: str | None) -> str | Refused:
        """Return the page that takes a new password: `page`, if it may receive the token, or this server's own."""
        target = self.redirects.reset_page(page or f"{self.base_path}/reset-password")
        return target or Refused(ErrorCode.INVALID_REDIRECT_URL)

    def ask_for_verification(
        self, email: str, callback: str | None, owner: Account | None, caller: Caller
    ) -> Refused | None:
        """Send a link that verifies the address and then leads to `callback`, if given.

        `owner` is the account of the caller's session, if any. Only owners learn whether their address is verified.
        """
        refused = None if owner is None else _refuse_verification(owner, email)
        if refused is not None:
            return refused
        target = None if callback is None else self.redirects.absolute(callback)
        if callback is not None and target is None:
            return Refused(ErrorCode.INVALID_CALLBACK_URL)
        return self._send(email, Purpose.VERIFY_EMAIL, self._verification_page(target), caller)

    def post_verification(self, tx: Tx, account: Account, callback: str | None) -> None:
        """Put a link that verifies the account's address into the outbox, in the caller's transaction.

        The caller has counted the send, and checked `callback`, the page that the link then leads to.
        """
        target = None if callback is None else self.redirects.absolute(callback)
        self.mail.post(tx, account, Purpose.VERIFY_EMAIL, self._verification_page(target))

    def post_reset(self, tx: Tx, account: Account) -> None:
        """Put a link to this server's own reset page into the outbox, in the caller's transaction. It is not counted."""
        page = f"{self.redirects.own}{self.base_path}/reset-password"
        self.mail.post(tx, account, Purpose.RESET_PASSWORD, page)

    def callback(self, page: str) -> str | Refused:
        """Return the URL of the page that a link may redirect to."""
        return self.redirects.absolute(page) or Refused(ErrorCode.INVALID_CALLBACK_URL)

    def _verification_page(self, target: str | None) -> str:
        page = f"{self.redirects.own}{self.base_path}/verify-email"
        return page if target is None else with_parameters(page, callbackURL=target)

    def _send(self, typed: str, purpose: Purpose, page: str, caller: Caller) -> Refused | None:
        address = rules.normalised_email(typed)
        if address is None:
            return Refused(ErrorCode.INVALID_EMAIL)
        self.background.run_soon(self.mail.send(address, purpose, page, caller))
        return None


def _refuse_verification(owner: Account, email: str) -> Refused | None:
    if rules.normalised_email(email) != owner.email:
        return Refused(ErrorCode.EMAIL_MISMATCH)
    return Refused(ErrorCode.EMAIL_ALREADY_VERIFIED) if owner.email_verified else None
