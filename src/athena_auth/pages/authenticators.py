"""The authenticators of an account: the list, what is done with one, and adding an app."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.enrolment.authenticator_routes import AuthenticatorApi
from athena_auth.enrolment.status import StatusApi
from athena_auth.factors.totp.routes import TotpApi
from athena_auth.kernel.errors import Refused
from athena_auth.pages.access import PageAccess
from athena_auth.pages.app_secret import shown_secret
from athena_auth.pages.form import CODE_FIELDS, NO_ERRORS, PASSWORD_FIELDS, FormErrors, errors_of, form_of
from athena_auth.pages.new_credentials import FIELD, OTHER_APP
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.sealed_state import SealedState
from athena_auth.pages.visit import AnsweringHandler, Visit
from athena_auth.wire.bodies import StatusAnswer

_PATH = "/security/authenticators"
_ADD = f"{_PATH}/add"


class PendingApp(msgspec.Struct, frozen=True):
    """An app that a code has yet to confirm."""

    id: str
    uri: str

    def __repr__(self) -> str:
        return f"PendingApp({self.id})"


@dataclass(frozen=True, slots=True)
class AuthenticatorListPages:
    """The list, and the forms of its entries."""

    access: PageAccess
    authenticators: AuthenticatorApi
    status: StatusApi

    @show(_PATH)
    async def list_page(self, visit: Visit) -> PageOutcome:
        """List the authenticators."""
        visitor = await self.access.visitor(visit, _PATH, Action.REMOVE_AUTHENTICATOR)
        return visitor if isinstance(visitor, SeeOther) else await self._list(visit, visitor, None)

    @submit(f"{_PATH}/rename")
    async def submit_rename(self, visit: Visit) -> PageOutcome:
        """Rename one."""
        fields = {"id": visit.field("id"), "label": visit.field("label")}
        return await self._change(visit, self.authenticators.rename, fields, "authenticator-renamed")

    @submit(f"{_PATH}/suspend")
    async def submit_suspend(self, visit: Visit) -> PageOutcome:
        """Suspend one."""
        fields = {"id": visit.field("id")}
        return await self._change(visit, self.authenticators.suspend, fields, "authenticator-suspended")

    @submit(f"{_PATH}/resume")
    async def submit_resume(self, visit: Visit) -> PageOutcome:
        """Resume one."""
        fields = {"id": visit.field("id")}
        return await self._change(visit, self.authenticators.resume, fields, "authenticator-resumed")

    @submit(f"{_PATH}/remove")
    async def submit_remove(self, visit: Visit) -> PageOutcome:
        """Remove one."""
        fields = {"id": visit.field("id")}
        return await self._change(visit, self.authenticators.remove, fields, "authenticator-removed")

    async def _change(
        self,
        visit: Visit,
        handler: AnsweringHandler[StatusAnswer],
        fields: Mapping[str, object],
        notice: str,
    ) -> PageOutcome:
        outcome = await visit.call(handler, fields)
        if not isinstance(outcome, Refused):
            return SeeOther(self.access.site.link(_PATH, notice=notice))
        onward = self.access.way_back(visit, outcome, _PATH)
        if onward is not None:
            return onward
        visitor = await self.access.visitor(visit, _PATH, Action.REMOVE_AUTHENTICATOR)
        return visitor if isinstance(visitor, SeeOther) else await self._list(visit, visitor, outcome)

    async def _list(self, visit: Visit, visitor: VisitorAnswer, refused: Refused | None) -> PageOutcome:
        found = await visit.call(self.authenticators.list_authenticators)
        status = await visit.call(self.status.status)
        for outcome in (found, status):
            if isinstance(outcome, Refused):
                return self.access.refused(visit, outcome, _PATH)
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, {}),
            "authenticators": found,
            "status": status,
            "user": visitor.user,
        }
        return form_of("authenticators.html", context, refused)


@dataclass(frozen=True, slots=True)
class AddedAppPages:
    """The two forms that add an app: the password begins, a code of the app confirms.

    Attributes:
        pending: Carries the secret from the first form to the second.
        totp_digits: The digits of an app's code.
    """

    access: PageAccess
    authenticators: AuthenticatorApi
    totp: TotpApi
    pending: SealedState[PendingApp]
    totp_digits: int

    @show(_ADD)
    async def add(self, visit: Visit) -> PageOutcome:
        """Ask for the password and a name."""
        visitor = await self.access.visitor(visit, _ADD, Action.ADD_AUTHENTICATOR)
        if isinstance(visitor, SeeOther):
            return visitor
        if not visitor.user.two_factor_enabled:
            return SeeOther(self.access.site.link("/security/authenticator"))
        return self._password_form(visit, visitor, NO_ERRORS)

    @submit(_ADD)
    async def submit_add(self, visit: Visit) -> PageOutcome:
        """Create a secret, and show it."""
        body = {"password": visit.field("password"), "label": visit.field("label") or None}
        begun = await visit.call(self.authenticators.add, body)
        visitor = await self.access.visitor(visit, _ADD)
        if isinstance(visitor, SeeOther):
            return visitor
        if isinstance(begun, Refused):
            onward = self.access.way_back(visit, begun, _ADD)
            return onward or self._password_form(visit, visitor, errors_of(begun, PASSWORD_FIELDS), begun)
        return await self._code_form(visitor, PendingApp(begun.id, begun.totp_uri), None)

    @submit(f"{_ADD}/confirm")
    async def submit_confirm(self, visit: Visit) -> PageOutcome:
        """Verify a code of the new app.

        A code of another app is correct too, and confirms nothing: the list says whether the new one is on it.
        """
        outcome = await visit.call(self.totp.verify_totp, {"code": visit.field("code")}, in_session=True)
        visitor = await self.access.visitor(visit, _ADD)
        if isinstance(visitor, SeeOther):
            return visitor
        app = self.pending.open(visit.field(FIELD), visitor.session_id)
        if app is None:
            return SeeOther(self.access.site.link(_ADD, notice="enrolment-ended"))
        found = await visit.call(self.authenticators.list_authenticators)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, _ADD)
        if any(each.id == app.id for each in found):
            return SeeOther(self.access.site.link(_PATH, notice="authenticator-added"))
        return await self._code_form(visitor, app, outcome if isinstance(outcome, Refused) else OTHER_APP)

    def _password_form(
        self, visit: Visit, visitor: VisitorAnswer, errors: FormErrors, refused: Refused | None = None
    ) -> Shown:
        context = {"errors": errors, "label": visit.field("label"), "has_password": visitor.has_password}
        return form_of("authenticator_add.html", context, refused)

    async def _code_form(self, visitor: VisitorAnswer, app: PendingApp, refused: Refused | None) -> Shown:
        context = {
            **await shown_secret(app.uri),
            "errors": NO_ERRORS if refused is None else errors_of(refused, CODE_FIELDS),
            "state": self.pending.seal(app, visitor.session_id),
            "digits": self.totp_digits,
            "confirm": f"{_ADD}/confirm",
            "cancel": _PATH,
            "next": "",
        }
        return form_of("authenticator_confirm.html", context, refused)
