"""Asking for the link that sets a new password."""

from dataclasses import dataclass

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.pages.form import NO_ERRORS, refused_form
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit
from athena_auth.recovery.routes import RecoveryApi


@dataclass(frozen=True, slots=True)
class ForgotPasswordPages:
    """The form for a forgotten password. The page that the link leads to is in `mail_links`."""

    site: Site
    recovery: RecoveryApi

    @show("/forgot-password")
    async def forgot_password(self, visit: Visit) -> PageOutcome:
        """Ask for the address."""
        return Shown("forgot_password.html", {"errors": NO_ERRORS, "email": visit.field("email")})

    @submit("/forgot-password")
    async def submit_forgot_password(self, visit: Visit) -> PageOutcome:
        """Send the link. The answer is the same whether or not there is an account."""
        email = visit.field("email")
        outcome = await visit.call(self.recovery.request_password_reset, {"email": email})
        if isinstance(outcome, Refused):
            fields = {ErrorCode.INVALID_EMAIL: "email"}
            return refused_form("forgot_password.html", outcome, fields, email=email)
        return SeeOther(self.site.link("/forgot-password", notice="reset-asked"))
