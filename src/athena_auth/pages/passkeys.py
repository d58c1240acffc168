"""The passkeys of an account: the list, what is done with one, and adding one."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from athena_auth.accounts.step_up_policy import FRESH, Action
from athena_auth.factors.passkeys.overview import PasskeyOverviewApi
from athena_auth.factors.passkeys.routes import PasskeyApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import authenticators
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NO_ERRORS, errors_of, form_of
from athena_auth.pages.page import PageOutcome, SeeOther, show, submit
from athena_auth.pages.passkey_field import response_of, signals_json, unknown_credential
from athena_auth.pages.visit import AnsweringHandler, Visit

PATH = "/security/passkeys"
_ADD = f"{PATH}/add"


@dataclass(frozen=True, slots=True)
class PasskeyPages:
    """The list with the forms of its entries, and the page on which the browser makes a passkey."""

    access: PageAccess
    passkeys: PasskeyApi
    overview: PasskeyOverviewApi

    @show(PATH)
    async def list_page(self, visit: Visit) -> PageOutcome:
        """List the passkeys."""
        visitor = await self.access.visitor(visit, PATH, Action.REMOVE_PASSKEY)
        return visitor if isinstance(visitor, SeeOther) else await self._list(visit, None)

    @submit(f"{PATH}/rename")
    async def submit_rename(self, visit: Visit) -> PageOutcome:
        """Rename one."""
        fields = {"id": visit.field("id"), "name": visit.field("name")}
        return await self._change(visit, self.passkeys.update_passkey, fields, "passkey-renamed")

    @submit(f"{PATH}/remove")
    async def submit_remove(self, visit: Visit) -> PageOutcome:
        """Remove one. The list, which is shown next, tells the browser."""
        fields = {"id": visit.field("id")}
        return await self._change(visit, self.passkeys.delete_passkey, fields, "passkey-removed")

    @show(_ADD)
    async def add(self, visit: Visit) -> PageOutcome:
        """Show the options for making a passkey to the browser."""
        visitor = await self.access.visitor(visit, _ADD, Action.BEGIN_PASSKEY)
        return visitor if isinstance(visitor, SeeOther) else await self._form(visit, None)

    @submit(_ADD)
    async def submit_add(self, visit: Visit) -> PageOutcome:
        """Add the passkey that the browser has made."""
        outcome = await visit.call(self.passkeys.verify_registration, {"response": response_of(visit)})
        if isinstance(outcome, Refused):
            return self._way_back(visit, outcome, _ADD) or await self._form(visit, outcome)
        return SeeOther(self.access.site.link(PATH, notice="passkey-added"))

    async def _change(
        self, visit: Visit, handler: AnsweringHandler[object], fields: Mapping[str, object], notice: str
    ) -> PageOutcome:
        outcome = await visit.call(handler, fields)
        if isinstance(outcome, Refused):
            return self._way_back(visit, outcome, PATH) or await self._list(visit, outcome)
        return SeeOther(self.access.site.link(PATH, notice=notice))

    async def _list(self, visit: Visit, refused: Refused | None) -> PageOutcome:
        found = await visit.call(self.overview.overview)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, PATH)
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, {}),
            "passkeys": found.passkeys,
            "most": authenticators.MOST,
            "is_on": found.are_second_factor,
            "signals": signals_json(found),
        }
        return form_of("passkeys.html", context, refused)

    async def _form(self, visit: Visit, refused: Refused | None) -> PageOutcome:
        options = await visit.call(self.passkeys.register_options)
        if isinstance(options, Refused):
            return self._way_back(visit, options, _ADD) or await self._list(visit, options)
        found = await visit.call(self.overview.overview)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, _ADD)
        # What was refused is known to the browser alone, unless it is a passkey of the account already.
        is_known = refused is None or refused.code is ErrorCode.PREVIOUSLY_REGISTERED
        context = {
            "errors": NO_ERRORS if refused is None else errors_of(refused, {}),
            "is_on": found.are_second_factor,
            "options": msgspec.json.encode(options).decode(),
            "unknown_passkey": "" if is_known else unknown_credential(visit, found.signals.rp_id),
        }
        return form_of("passkey_add.html", context, refused)

    def _way_back(self, visit: Visit, refused: Refused, path: str) -> SeeOther | None:
        """Return the page to open first; without a second factor, the one that asks for another sign-in."""
        if refused.code is ErrorCode.SESSION_EXPIRED:
            back = self.access.site.link(path)
            return SeeOther(self.access.site.link("/step-up", level="1", fresh=str(FRESH), next=back))
        return self.access.way_back(visit, refused, path)
