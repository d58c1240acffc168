"""New backup codes: how many are left, making new ones, and checking that they were saved."""

from dataclasses import dataclass

from athena_auth.accounts.step_up_policy import Action
from athena_auth.crypto.codes import normalised_code
from athena_auth.enrolment.status import StatusApi
from athena_auth.factors.backup_codes.routes import BackupCodeApi
from athena_auth.factors.backup_codes.sql import BackupCodeState
from athena_auth.kernel.errors import Refused
from athena_auth.kernel.texts import Text
from athena_auth.pages.form import NO_ERRORS, PASSWORD_FIELDS, FormErrors, refused_form
from athena_auth.pages.new_credentials import FIELD, NewCredentials, NewCredentialsForms
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit

_PATH = "/security/backup-codes"
_OTHER_CODE = Text("This is not one of your new codes. Look at what you have saved, and enter one of them.")


@dataclass(frozen=True, slots=True)
class BackupCodePages:
    """New codes are shown once; then the user enters one of them, which stays unused."""

    forms: NewCredentialsForms
    backup_codes: BackupCodeApi
    status: StatusApi

    @show(_PATH)
    async def backup_code_form(self, visit: Visit) -> PageOutcome:
        """Show how many codes are left, and ask for the password to make new ones."""
        visitor = await self.forms.access.visitor(visit, _PATH, Action.GENERATE_BACKUP_CODES)
        if isinstance(visitor, SeeOther):
            return visitor
        if not visitor.user.two_factor_enabled:
            site = self.forms.access.site
            return SeeOther(site.link(site.turn_on, notice="turn-on-first"))
        return Shown("backup_codes.html", {"errors": NO_ERRORS, **await self._context(visit)})

    @submit(_PATH)
    async def submit_backup_codes(self, visit: Visit) -> PageOutcome:
        """Replace the codes, and show the new ones."""
        made = await visit.call(self.backup_codes.generate, {"password": visit.field("password")})
        if isinstance(made, Refused):
            onward = self.forms.access.way_back(visit, made, _PATH)
            if onward is not None:
                return onward
            context = await self._context(visit)
            return refused_form("backup_codes.html", made, PASSWORD_FIELDS, **context)
        visitor = await self.forms.access.visitor(visit, _PATH)
        if isinstance(visitor, SeeOther):
            return visitor
        return self.forms.codes_page(visit, tuple(made.backup_codes), visitor.session_id)

    @submit(f"{_PATH}/saved")
    async def submit_saved(self, visit: Visit) -> PageOutcome:
        """Ask for one of the codes, which are no longer shown."""
        credentials = await self._opened(visit)
        return credentials if isinstance(credentials, SeeOther) else self._check_form(visit, NO_ERRORS)

    @submit(f"{_PATH}/check")
    async def submit_check(self, visit: Visit) -> PageOutcome:
        """Check the entered code against those that were shown; it is not used up."""
        credentials = await self._opened(visit)
        if isinstance(credentials, SeeOther):
            return credentials
        if normalised_code(visit.field("code")) not in map(normalised_code, credentials.codes):
            return self._check_form(visit, FormErrors(_OTHER_CODE, ("code",)))
        site = self.forms.access.site
        asked = site.next(visit)
        return SeeOther(site.after_sign_in(visit) if asked else site.link("/security", notice="codes-saved"))

    async def _context(self, visit: Visit) -> dict[str, object]:
        found = await visit.call(self.status.status)
        left, has_password = (
            (0, True) if isinstance(found, Refused) else (found.backup_codes_left, found.has_password)
        )
        return {"left": left, "has_password": has_password, "next": self.forms.access.site.next(visit)}

    async def _opened(self, visit: Visit) -> NewCredentials | SeeOther:
        """Return the codes that were shown, if they are still the account's; otherwise the page that makes new ones."""
        visitor = await self.forms.access.visitor(visit, _PATH)
        if isinstance(visitor, SeeOther):
            return visitor
        credentials = self.forms.confirmed.open(visit.field(FIELD), visitor.session_id)
        if credentials is not None:
            fields = {"code": credentials.codes[0]}
            found = await visit.call(self.forms.accounts.backup_code_state, fields)
            if not isinstance(found, Refused) and found.state in {
                BackupCodeState.ACTIVE,
                BackupCodeState.USED,
            }:
                return credentials
        return SeeOther(self.forms.access.site.link(_PATH, notice="codes-gone"))

    def _check_form(self, visit: Visit, errors: FormErrors) -> Shown:
        context = {
            "errors": errors,
            "state": visit.field(FIELD),
            "next": self.forms.access.site.next(visit),
        }
        return Shown("check_backup_code.html", context, 400 if errors.summary else 200)
