"""What changes or ends an account: its password, two-factor authentication, and the account itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from athena_auth.accounts.routes import AccountApi
from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.enrolment.routes import EnrolmentApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NEW_PASSWORD_FIELDS, NO_ERRORS, PASSWORD_FIELDS, refused_form
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit
from athena_auth.passwords.routes import PasswordApi

_PASSWORD, _DISABLE, _DELETE = "/security/password", "/security/disable", "/security/delete"
_NEW_FIELDS = dict.fromkeys(NEW_PASSWORD_FIELDS, "new_password")
_CHANGE_FIELDS = {**_NEW_FIELDS, **PASSWORD_FIELDS}


@dataclass(frozen=True, slots=True)
class AccountPages:
    """Changing or setting the password, turning two-factor authentication off, and deleting the account.

    Each asks for the password, if there is one.
    """

    access: PageAccess
    passwords: PasswordApi
    enrolments: EnrolmentApi
    accounts: AccountApi

    @show(_PASSWORD)
    async def password(self, visit: Visit) -> PageOutcome:
        """Ask for the current password and a new one; only for a new one if there is none."""
        # Both calls need a fresh proof, and for an account without a password both need a passkey.
        visitor = await self.access.visitor(visit, _PASSWORD, Action.CHANGE_PASSWORD)
        if isinstance(visitor, SeeOther):
            return visitor
        return Shown(
            _password_template(visitor),
            {"errors": NO_ERRORS, "email": visitor.user.email, "others": True},
        )

    @submit(_PASSWORD)
    async def submit_password(self, visit: Visit) -> PageOutcome:
        """Change the password, or set one."""
        visitor = await self.access.visitor(visit, _PASSWORD)
        if isinstance(visitor, SeeOther):
            return visitor
        others, changes = "others" in visit.form, visitor.has_password
        fields = {"newPassword": visit.field("new_password"), "revokeOtherSessions": others}
        current = {"currentPassword": visit.field("password")} if changes else {}
        handler = self.passwords.change_password if changes else self.passwords.set_password
        outcome = await visit.call(handler, {**fields, **current})
        if isinstance(outcome, Refused):
            context = {"email": visitor.user.email, "others": others}
            names = _CHANGE_FIELDS if changes else _NEW_FIELDS
            return self._refused(visit, outcome, _PASSWORD, _password_template(visitor), names, context)
        notice = "password-changed" if changes else "password-added"
        return SeeOther(self.access.site.link("/security", notice=notice))

    @show(_DISABLE)
    async def disable(self, visit: Visit) -> PageOutcome:
        """Ask whether to turn two-factor authentication off."""
        visitor = await self.access.visitor(visit, _DISABLE, Action.DISABLE)
        if isinstance(visitor, SeeOther):
            return visitor
        if not visitor.user.two_factor_enabled:
            return SeeOther(self.access.site.link("/security"))
        return Shown("disable.html", {"errors": NO_ERRORS, "has_password": visitor.has_password})

    @submit(_DISABLE)
    async def submit_disable(self, visit: Visit) -> PageOutcome:
        """Turn it off."""
        outcome = await visit.call(self.enrolments.disable, {"password": visit.field("password")})
        if isinstance(outcome, Refused):
            has_password = outcome.code is not ErrorCode.CREDENTIAL_ACCOUNT_NOT_FOUND
            context = {"has_password": has_password}
            return self._refused(visit, outcome, _DISABLE, "disable.html", PASSWORD_FIELDS, context)
        return SeeOther(self.access.site.link("/security", notice="turned-off"))

    @show(_DELETE)
    async def delete(self, visit: Visit) -> PageOutcome:
        """Ask whether to delete the account."""
        visitor = await self.access.visitor(visit, _DELETE, Action.DELETE_ACCOUNT)
        if isinstance(visitor, SeeOther):
            return visitor
        return Shown("delete_account.html", {"errors": NO_ERRORS, **_deleted(visitor)})

    @submit(_DELETE)
    async def submit_delete(self, visit: Visit) -> PageOutcome:
        """Delete the account."""
        visitor = await self.access.visitor(visit, _DELETE)
        if isinstance(visitor, SeeOther):
            return visitor
        fields = {"password": visit.field("password")} if visitor.has_password else {}
        outcome = await visit.call(self.accounts.delete_user, fields)
        if isinstance(outcome, Refused):
            template, context = "delete_account.html", _deleted(visitor)
            return self._refused(visit, outcome, _DELETE, template, PASSWORD_FIELDS, context)
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


def _password_template(visitor: VisitorAnswer) -> str:
    return "change_password.html" if visitor.has_password else "set_password.html"


def _deleted(visitor: VisitorAnswer) -> dict[str, object]:
    return {"email": visitor.user.email, "has_password": visitor.has_password}
