"""Setting up an authenticator app, or replacing it: the password, the QR code, a code that confirms it."""

from dataclasses import dataclass

from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.enrolment.routes import EnrolmentApi
from athena_auth.enrolment.status import StatusApi
from athena_auth.factors.totp.routes import TotpApi
from athena_auth.kernel.errors import Refused
from athena_auth.mfa.model import FactorName
from athena_auth.pages.app_secret import shown_secret
from athena_auth.pages.form import CODE_FIELDS, NO_ERRORS, PASSWORD_FIELDS, FormErrors, errors_of, form_of
from athena_auth.pages.new_credentials import NewCredentials, NewCredentialsForms
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit

_PATH = "/security/authenticator"


@dataclass(frozen=True, slots=True)
class AuthenticatorPages:
    """The two forms: the password begins the enrolment, a code of the app confirms it."""

    forms: NewCredentialsForms
    enrolments: EnrolmentApi
    totp: TotpApi
    status: StatusApi
    totp_digits: int

    @show(_PATH)
    async def authenticator(self, visit: Visit) -> PageOutcome:
        """Ask for the password."""
        visitor = await self.forms.access.visitor(visit, _PATH, Action.ENABLE)
        if isinstance(visitor, SeeOther):
            return visitor
        return await self._password_form(visit, NO_ERRORS)

    @submit(_PATH)
    async def submit_authenticator(self, visit: Visit) -> PageOutcome:
        """Create a secret, and show it."""
        body = {"password": visit.field("password"), "method": FactorName.TOTP.value}
        begun = await visit.call(self.enrolments.enable, body)
        if isinstance(begun, Refused):
            onward = self.forms.access.way_back(visit, begun, _PATH)
            errors = errors_of(begun, PASSWORD_FIELDS)
            return onward or await self._password_form(visit, errors, begun)
        visitor = await self.forms.access.visitor(visit, _PATH)
        if isinstance(visitor, SeeOther):
            return visitor
        credentials = NewCredentials(tuple(begun.backup_codes), str(begun.totp_uri))
        return await self._code_form(visit, visitor, credentials, None)

    @submit(f"{_PATH}/confirm")
    async def submit_confirm(self, visit: Visit) -> PageOutcome:
        """Verify a code of the new app; a correct one turns it on."""

        async def again(visitor: VisitorAnswer, credentials: NewCredentials, refused: Refused) -> Shown:
            return await self._code_form(visit, visitor, credentials, refused)

        return await self.forms.confirm(visit, _PATH, self.totp.verify_totp, again)

    async def _password_form(
        self, visit: Visit, errors: FormErrors, refused: Refused | None = None
    ) -> PageOutcome:
        found = await visit.call(self.status.status)
        if isinstance(found, Refused):
            return self.forms.access.refused(visit, found, _PATH)
        context = {
            "errors": errors,
            "apps": found.authenticator_apps,
            "is_first": not found.methods,
            "has_password": found.has_password,
            "next": self.forms.access.site.next(visit),
        }
        return form_of("authenticator.html", context, refused)

    async def _code_form(
        self, visit: Visit, visitor: VisitorAnswer, credentials: NewCredentials, refused: Refused | None
    ) -> Shown:
        context = {
            **await shown_secret(credentials.uri),
            "errors": NO_ERRORS if refused is None else errors_of(refused, CODE_FIELDS),
            "state": self.forms.pending.seal(credentials, visitor.session_id),
            "digits": self.totp_digits,
            "confirm": f"{_PATH}/confirm",
            "cancel": "/security",
            "next": self.forms.access.site.next(visit),
        }
        return form_of("authenticator_confirm.html", context, refused)
