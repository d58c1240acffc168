"""The pages that links in mails lead to. They are below the API's path, and stay when the other pages are off.

A link has its token in the URL. The first request only moves the token to a cookie and redirects, so that it stays in
no history and no log of what the page loads, and a mail scanner that opens every link uses none up.
"""

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.pages.form import NEW_PASSWORD_FIELDS, NO_ERRORS, refused_form
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit
from athena_auth.recovery.messages import ChallengedAnswer, VerifiedAnswer
from athena_auth.recovery.routes import RecoveryApi
from athena_auth.wire.redirects import with_parameters

_RESET, _VERIFY, _RECOGNIZE = "/reset-password", "/verify-email", "/recognize-browser"
_PASSWORD_FIELDS = {ErrorCode.INVALID_EMAIL_OR_PASSWORD: "password"}
_LINK_ENDED = frozenset({ErrorCode.INVALID_TOKEN})
_INCOMPLETE = Refused(
    ErrorCode.INVALID_TOKEN,
    Text("This link is incomplete. Open it from the email again, or request a new one."),
)
_NOT_KEPT = Refused(
    ErrorCode.INVALID_TOKEN,
    Text(
        "Your browser no longer has this link. Open it from the email again. "
        "If that does not help, allow cookies for this site."
    ),
)


_SIGN_IN = Shown("link_done.html", {"asks_for_sign_in": True})
_CONTINUE = Shown("link_done.html", {"asks_for_sign_in": False})
_DONE = {
    _RESET: dict.fromkeys(("password-set", "password-set-second-factor"), _SIGN_IN),
    _VERIFY: dict.fromkeys(("verified", "already-verified"), _CONTINUE),
    _RECOGNIZE: {"browser-allowed": _SIGN_IN},
}
"""What each page shows when it is done, by the notice."""


def opened_token(
    site: Site, visit: Visit, path: str, done: dict[str, Shown], **query: str
) -> str | PageOutcome:
    """Return the token of the opened link, or what is shown instead: the redirect, the result, or a problem.

    `done` has the results by their notice. A link with another notice must not look as if something had happened.
    """
    if visit.query.get("token"):
        opened = visit.mail_link.keep(visit.query["token"])
        return SeeOther(site.mail_link(path, opened=opened, **query))
    shown = done.get(visit.query.get("notice", ""))
    if shown is not None:
        return shown
    if "error" in visit.query:
        return link_ended(Refused(ErrorCode.INVALID_TOKEN))
    if "opened" not in visit.query:
        return link_ended(_INCOMPLETE)
    return visit.mail_link.token(visit.query["opened"]) or link_ended(_NOT_KEPT)


def link_ended(refused: Refused) -> Shown:
    """Return the page about a link that does not work any more."""
    return Shown("link_ended.html", {"refused": refused}, refused.code.status, refused.retry_after)


@dataclass(frozen=True, slots=True)
class MailLinkPages:
    """Setting a new password, verifying an address, and recognizing a browser."""

    site: Site
    recovery: RecoveryApi

    @show(_RESET, from_mail=True)
    async def reset_password(self, visit: Visit) -> PageOutcome:
        """Ask for a new password. A link that has ended says so before a password is typed."""
        token = self._token(visit, _RESET)
        if not isinstance(token, str):
            return token
        outcome = await visit.call(self.recovery.check_reset_token, {"token": token})
        if isinstance(outcome, Refused):
            return link_ended(outcome)
        return Shown("reset_password.html", {"errors": NO_ERRORS, "token": token})

    @submit(_RESET, from_mail=True)
    async def submit_reset_password(self, visit: Visit) -> PageOutcome:
        """Set the password. If a second factor is due, the sign-in goes on with it."""
        token = visit.field("token")
        fields = {"token": token, "newPassword": visit.field("password")}
        outcome = await visit.call(self.recovery.reset_password, fields)
        if isinstance(outcome, Refused):
            return self._refused("reset_password.html", outcome, NEW_PASSWORD_FIELDS, token=token)
        visit.mail_link.forget()
        is_challenged = isinstance(outcome, ChallengedAnswer)
        notice = "password-set-second-factor" if is_challenged else "password-set"
        return SeeOther(self.site.mail_link(_RESET, notice=notice))

    @show(_VERIFY, from_mail=True)
    async def verify_email(self, visit: Visit) -> PageOutcome:
        """Verify the address in a session of its account; without one, ask for the password."""
        callback = visit.query.get("callbackURL", "")
        target = self.site.redirects.absolute(callback) if callback else None
        if callback and target is None:
            return link_ended(Refused(ErrorCode.INVALID_CALLBACK_URL))
        token = self._token(visit, _VERIFY, callbackURL=callback)
        if not isinstance(token, str):
            return token
        outcome = await visit.call(self.recovery.verify_email, {"token": token})
        if isinstance(outcome, VerifiedAnswer):
            return self._verified(visit, outcome, target)
        if outcome.code is ErrorCode.UNAUTHORIZED:
            context = {"errors": NO_ERRORS, "token": token, "callback": callback}
            return Shown("verify_email.html", context)
        if outcome.code in _LINK_ENDED and target is not None:
            return SeeOther(with_parameters(target, error=outcome.code))
        return link_ended(outcome)

    @submit(_VERIFY, from_mail=True)
    async def submit_verify_email(self, visit: Visit) -> PageOutcome:
        """Verify the address with the password of its account."""
        token, callback = visit.field("token"), visit.field("callbackURL")
        fields = {"token": token, "password": visit.field("password")}
        optional = {"callbackURL": callback} if callback else {}
        outcome = await visit.call(self.recovery.confirm_email, {**fields, **optional})
        if isinstance(outcome, Refused):
            context = {"token": token, "callback": callback}
            return self._refused("verify_email.html", outcome, _PASSWORD_FIELDS, **context)
        return self._verified(visit, outcome, None if outcome.url is UNSET else outcome.url)

    @show(_RECOGNIZE, from_mail=True)
    async def recognize_browser(self, visit: Visit) -> PageOutcome:
        """Ask for the password."""
        token = self._token(visit, _RECOGNIZE)
        if not isinstance(token, str):
            return token
        return Shown("recognize_browser.html", {"errors": NO_ERRORS, "token": token})

    @submit(_RECOGNIZE, from_mail=True)
    async def submit_recognize_browser(self, visit: Visit) -> PageOutcome:
        """Recognize this browser."""
        token = visit.field("token")
        fields = {"token": token, "password": visit.field("password")}
        outcome = await visit.call(self.recovery.recognize_browser, fields)
        if isinstance(outcome, Refused):
            return self._refused("recognize_browser.html", outcome, _PASSWORD_FIELDS, token=token)
        visit.mail_link.forget()
        return SeeOther(self.site.mail_link(_RECOGNIZE, notice="browser-allowed"))

    def _token(self, visit: Visit, path: str, **query: str) -> str | PageOutcome:
        return opened_token(self.site, visit, path, _DONE[path], **query)

    def _verified(self, visit: Visit, answer: VerifiedAnswer, target: str | None) -> PageOutcome:
        visit.mail_link.forget()
        notice = "verified" if answer.message is UNSET else "already-verified"
        return SeeOther(target or self.site.mail_link(_VERIFY, notice=notice))

    def _refused(
        self, template: str, refused: Refused, fields: dict[ErrorCode, str], **context: Any
    ) -> PageOutcome:
        is_over = refused.code in _LINK_ENDED
        return link_ended(refused) if is_over else refused_form(template, refused, fields, **context)
