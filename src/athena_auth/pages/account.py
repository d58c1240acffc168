"""What changes or ends an account: its password, two-factor authentication, and the account itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from athena_auth.accounts.routes import AccountApi
from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.routes import EnrolmentApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NEW_PASSWORD_FIELDS, NO_ERRORS, PASSWORD_FIELDS, refused_form
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit
from athena_auth.passwords.routes import PasswordApi

_PASSWORD, _DISABLE, _DELETE = "/security/password", "/security/disable", "/security/delete"
_CHANGE_FIELDS = {
    **dict.fromkeys(NEW_PASSWORD_FIELDS, "new_password"),
    **PASSWORD_FIELDS,
}


@dataclass(frozen=True, slots=True)
class AccountPages:
    """Changing the password, turning two-factor authentication off, and deleting the account. Each asks for the password."""

    access: PageAccess
    passwords: PasswordApi
    enrolments: EnrolmentApi
    accounts: AccountApi

    @show(_PASSWORD)
    async def password(self, visit: Visit) -> PageOutcome:
        """Ask for the current password and a new one."""
        visitor = await self.access.visitor(visit, _PASSWORD, Action.CHANGE_PASSWORD)
        if isinstance(visitor, SeeOther):
            return visitor
        return Shown(
            "change_password.html", {"errors": NO_ERRORS, "email": visitor.user.email, "others": True}
        )

    @submit(_PASSWORD)
    async def submit_password(self, visit: Visit) -> PageOutcome:
        """Change the password."""
        visitor = await self.access.visitor(visit, _PASSWORD)
        if isinstance(visitor, SeeOther):
            return visitor
        others = "others" in visit.form
        fields = {
            "currentPassword": visit.field("password"),
            "newPassword": visit.field("new_password"),
            "revokeOtherSessions": others,
        }
        outcome = await visit.call(self.passwords.change_password, fields)
        if isinstance(outcome, Refused):
            context = {"email": visitor.user.email, "others": others}
            return self._refused(visit, outcome, _PASSWORD, "change_password.html", _CHANGE_FIELDS, context)
        return SeeOther(self.access.site.link("/security", notice="password-changed"))

    @show(_DISABLE)
    async def disable(self, visit: Visit) -> PageOutcome:
        """Ask whether to turn two-factor authentication off."""
        visitor = await self.access.visitor(visit, _DISABLE, Action.DISABLE)
        if isinstance(visitor, SeeOther):
            return visitor
        if not visitor.user.two_factor_enabled:
            return SeeOther(self.access.site.link("/security"))
        return Shown("disable.html", {"errors": NO_ERRORS})

    @submit(_DISABLE)
    async def submit_disable(self, visit: Visit) -> PageOutcome:
        """Turn it off."""
        outcome = await visit.call(self.enrolments.disable, {"password": visit.field("password")})
        if isinstance(outcome, Refused):
            return self._refused(visit, outcome, _DISABLE, "disable.html", PASSWORD_FIELDS, {})
        return SeeOther(self.access.site.link("/security", notice="turned-off"))

    @show(_DELETE)
    async def delete(self, visit: Visit) -> PageOutcome:
        """Ask whether to delete the account."""
        visitor = await self.access.visitor(visit, _DELETE, Action.DELETE_ACCOUNT)
        if isinstance(visitor, SeeOther):
            return visitor
        return Shown("delete_account.html", {"errors": NO_ERRORS, "email": visitor.user.email})

    @submit(_DELETE)
    async def submit_delete(self, visit: Visit) -> PageOutcome:
        """Delete the account."""
        visitor = await self.access.visitor(visit, _DELETE)
        if isinstance(visitor, SeeOther):
            return visitor
        outcome = await visit.call(self.accounts.delete_user, {"password": visit.field("password")})
        if isinstance(outcome, Refused):
            context = {"email": visitor.user.email}
            return self._refused(visit, outcome, _DELETE, "delete_account.html", PASSWORD_FIELDS, context)
        return SeeOther(self.access.site.link("/sign-in", notice="account-deleted"))

    def _refused(
        self,
        visit: Visit,
        refused: Refused,
        path: str,
        template: str,
        fields: Mapping[ErrorCode, str],
        context: Mapping[str, object],
    ) -> PageOutcome:
        onward = self.access.way_back(visit, refused, path)
        return onward or refused_form(template, refused, fields, **context)
