"""Removing the password of an account whose owner signs in with passkeys."""

from dataclasses import dataclass

from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.factors.passkeys.overview import PasskeyOverviewApi
from athena_auth.kernel.errors import Refused
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NO_ERRORS, errors_of, form_of
from athena_auth.pages.page import PageOutcome, SeeOther, show, submit
from athena_auth.pages.visit import Visit
from athena_auth.passwords.routes import PasswordApi

_PATH = "/security/password/remove"


@dataclass(frozen=True, slots=True)
class PasswordRemovalPages:
    """The form, or what is missing before it can be sent."""

    access: PageAccess
    passwords: PasswordApi
    overview: PasskeyOverviewApi

    @show(_PATH)
    async def removal(self, visit: Visit) -> PageOutcome:
        """Say what removing the password means, and what it needs."""
        return await self._form(visit, None)

    @submit(_PATH)
    async def submit_removal(self, visit: Visit) -> PageOutcome:
        """Remove the password."""
        outcome = await visit.call(self.passwords.remove_password)
        if isinstance(outcome, Refused):
            return await self._form(visit, outcome)
        return SeeOther(self.access.site.link("/security", notice="password-removed"))

    async def _form(self, visit: Visit, refused: Refused | None) -> PageOutcome:
        visitor = await self.access.visitor(visit, _PATH)
        if isinstance(visitor, SeeOther):
            return visitor
        if not visitor.has_password:
            return SeeOther(self.access.site.link("/security/password"))
        missing = await self._missing(visit, visitor)
        if isinstance(missing, Refused):
            return self.access.refused(visit, missing, _PATH)
        errors = NO_ERRORS if refused is None else errors_of(refused, {})
        context = {"errors": errors, "missing": missing, "turn_on": self.access.site.turn_on}
        return form_of("remove_password.html", context, refused)

    async def _missing(self, visit: Visit, visitor: VisitorAnswer) -> str | Refused:
        """Return what the account or the session lacks; empty if nothing."""
        if not visitor.user.two_factor_enabled:
            return "second-factor"
        if not visitor.user.email_verified:
            return "address"
        found = await visit.call(self.overview.overview)
        if isinstance(found, Refused):
            return found
        if not found.can_replace_password:
            return "passkey"
        checked = await visit.call(self.access.accounts.visitor, {"action": Action.REMOVE_PASSWORD.value})
        if isinstance(checked, Refused):
            return checked
        return "verification" if checked.passkey_required else ""
