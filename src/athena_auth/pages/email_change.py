"""Changing the email address: the form, and the pages that the mailed links lead to."""

from dataclasses import dataclass

from athena_auth.accounts.step_up_policy import Action
from athena_auth.email_change.links import UNDO_PATH, VERIFY_PATH
from athena_auth.email_change.routes import EmailChangeApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NO_ERRORS, PASSWORD_FIELDS, refused_form
from athena_auth.pages.mail_links import link_ended, opened_token
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit
from athena_auth.wire.redirects import with_parameters

_EMAIL = "/security/email"
_FIELDS = {
    **PASSWORD_FIELDS,
    ErrorCode.SESSION_EXPIRED: "password",
    ErrorCode.INVALID_EMAIL: "new_email",
    ErrorCode.VALIDATION_ERROR: "new_email",
}
_CHANGED = {"email-changed": Shown("link_done.html", {"asks_for_sign_in": False})}
_RESTORED = {"email-restored": Shown("link_done.html", {"asks_for_sign_in": True})}
"""What each page shows when it is done, by the notice."""


@dataclass(frozen=True, slots=True)
class EmailPages:
    """The form for a new address."""

    access: PageAccess
    changes: EmailChangeApi

    @show(_EMAIL)
    async def email(self, visit: Visit) -> PageOutcome:
        """Ask for the new address, and for the password of an account without a second factor."""
        visitor = await self.access.visitor(visit, _EMAIL, Action.CHANGE_EMAIL)
        if isinstance(visitor, SeeOther):
            return visitor
        return Shown("change_email.html", {"errors": NO_ERRORS, "user": visitor.user, "new_email": ""})

    @submit(_EMAIL)
    async def submit_email(self, visit: Visit) -> PageOutcome:
        """Send the link to the new address."""
        visitor = await self.access.visitor(visit, _EMAIL)
        if isinstance(visitor, SeeOther):
            return visitor
        new_email = visit.field("new_email")
        password = {} if visitor.user.two_factor_enabled else {"password": visit.field("password")}
        outcome = await visit.call(self.changes.change_email, {"newEmail": new_email, **password})
        if isinstance(outcome, Refused):
            context = {"user": visitor.user, "new_email": new_email}
            form = refused_form("change_email.html", outcome, _FIELDS, **context)
            return self.access.way_back(visit, outcome, _EMAIL) or form
        return SeeOther(self.access.site.link(_EMAIL, notice="email-change-asked"))


@dataclass(frozen=True, slots=True)
class EmailChangeLinkPages:
    """The pages that the links to the new and to the old address lead to."""

    site: Site
    changes: EmailChangeApi

    @show(VERIFY_PATH, from_mail=True)
    async def verify(self, visit: Visit) -> PageOutcome:
        """Complete the change in a session of its account; without one, sign in first."""
        callback = visit.query.get("callbackURL", "")
        target = self.site.redirects.absolute(callback) if callback else None
        if callback and target is None:
            return link_ended(Refused(ErrorCode.INVALID_CALLBACK_URL))
        token = opened_token(self.site, visit, VERIFY_PATH, _CHANGED, callbackURL=callback)
        if not isinstance(token, str):
            return token
        outcome = await visit.call(self.changes.verify_change, {"token": token})
        if not isinstance(outcome, Refused):
            visit.mail_link.forget()
            return SeeOther(target or self.site.mail_link(VERIFY_PATH, notice="email-changed"))
        if outcome.code is ErrorCode.UNAUTHORIZED:
            # Signed in to another account, or on a server without these pages, the sentence says what to do.
            is_sign_in_due = self.site.pages is not None and not visit.presents_session
            back = self.site.link("/sign-in", next=visit.here)
            return SeeOther(back) if is_sign_in_due else link_ended(outcome)
        if target is None or outcome.retry_after:
            return link_ended(outcome)
        return SeeOther(with_parameters(target, error=outcome.code))

    @show(UNDO_PATH, from_mail=True)
    async def undo(self, visit: Visit) -> PageOutcome:
        """Ask before the change is undone: mail scanners open links too."""
        token = opened_token(self.site, visit, UNDO_PATH, _RESTORED)
        if not isinstance(token, str):
            return token
        return Shown("undo_email_change.html", {"errors": NO_ERRORS, "token": token})

    @submit(UNDO_PATH, from_mail=True)
    async def submit_undo(self, visit: Visit) -> PageOutcome:
        """Undo the change."""
        outcome = await visit.call(self.changes.undo_change, {"token": visit.field("token")})
        if isinstance(outcome, Refused):
            return link_ended(outcome)
        visit.mail_link.forget()
        return SeeOther(self.site.mail_link(UNDO_PATH, notice="email-restored"))
