"""Turning two-factor authentication on with a passkey: the password, the new passkey, the backup codes."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.enrolment.routes import EnrolmentApi
from athena_auth.factors.passkeys.overview import PasskeyOverviewApi
from athena_auth.factors.passkeys.second_step_routes import PasskeySecondStepApi
from athena_auth.kernel.errors import Refused
from athena_auth.mfa.model import FactorName
from athena_auth.pages.form import NO_ERRORS, PASSWORD_FIELDS, errors_of, form_of
from athena_auth.pages.new_credentials import NewCredentials, NewCredentialsForms
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.passkey_field import response_of, unknown_credential
from athena_auth.pages.passkeys import PATH
from athena_auth.pages.visit import Visit

_TURN_ON = f"{PATH}/turn-on"


@dataclass(frozen=True, slots=True)
class PasskeyEnrolmentPages:
    """The two forms. An account that has passkeys needs only the first: they become its second factor."""

    forms: NewCredentialsForms
    enrolments: EnrolmentApi
    second_step: PasskeySecondStepApi
    overview: PasskeyOverviewApi

    @show(_TURN_ON)
    async def turn_on(self, visit: Visit) -> PageOutcome:
        """Ask for the password."""
        visitor = await self.forms.access.visitor(visit, _TURN_ON, Action.ENABLE)
        if isinstance(visitor, SeeOther):
            return visitor
        if visitor.user.two_factor_enabled:
            return SeeOther(self.forms.access.site.link(f"{PATH}/add"))
        return await self._password_form(visit, None)

    @submit(_TURN_ON)
    async def submit_turn_on(self, visit: Visit) -> PageOutcome:
        """Begin the enrolment; passkeys that the account has already complete it."""
        body = {"password": visit.field("password"), "method": FactorName.PASSKEY.value}
        begun = await visit.call(self.enrolments.enable, body)
        if isinstance(begun, Refused):
            onward = self.forms.access.way_back(visit, begun, _TURN_ON)
            return onward or await self._password_form(visit, begun)
        visitor = await self.forms.access.visitor(visit, _TURN_ON)
        if isinstance(visitor, SeeOther):
            return visitor
        codes = tuple(begun.backup_codes)
        if not begun.confirmation_pending:
            return self.forms.codes_page(visit, codes, visitor.session_id)
        context = {
            "errors": NO_ERRORS,
            "options": msgspec.json.encode(begun.options).decode(),
            "state": self.forms.pending.seal(NewCredentials(codes), visitor.session_id),
            "next": self.forms.access.site.next(visit),
        }
        return Shown("passkey_confirm.html", context)

    @submit(f"{_TURN_ON}/confirm")
    async def submit_confirm(self, visit: Visit) -> PageOutcome:
        """Verify the new passkey; a correct one turns two-factor authentication on."""

        async def again(
            _visitor: VisitorAnswer, _credentials: NewCredentials, refused: Refused
        ) -> PageOutcome:
            # The nonce is used up, so the enrolment begins again.
            return await self._password_form(visit, refused)

        fields = {"response": response_of(visit)}
        return await self.forms.confirm(visit, _TURN_ON, self.second_step.verify_passkey, again, fields)

    async def _password_form(self, visit: Visit, refused: Refused | None) -> PageOutcome:
        found = await visit.call(self.overview.overview)
        if isinstance(found, Refused):
            return self.forms.access.refused(visit, found, _TURN_ON)
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, PASSWORD_FIELDS),
            "passkeys": len(found.passkeys),
            "unknown_passkey": unknown_credential(visit, found.signals.rp_id),
            "next": self.forms.access.site.next(visit),
        }
        return form_of("passkey_turn_on.html", context, refused)
