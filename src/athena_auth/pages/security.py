"""The overview of an account's security, and its recent events."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.security_events import SecurityEventAnswer, SecurityEventsApi
from athena_auth.enrolment.preferred_method import PreferredMethodApi
from athena_auth.enrolment.status import StatusApi
from athena_auth.factors.passkeys.overview import PasskeyOverviewApi
from athena_auth.kernel.errors import Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa.model import FactorName
from athena_auth.pages.access import PageAccess
from athena_auth.pages.event_texts import event_text
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.passkey_field import signals_json
from athena_auth.pages.visit import Visit
from athena_auth.trusted_devices.rules import device_name

_OVERVIEW, _EVENTS = "/security", "/security/events"


class EventLine(msgspec.Struct, frozen=True):
    """An event in plain words."""

    text: Text | str
    at: str
    device: str
    """Empty for an operator's action."""
    ip_address: str


@dataclass(frozen=True, slots=True)
class SecurityPages:
    """What account owners see of their account.

    Attributes:
        passkeys: The overview of passkeys; None on a server that has none.
        goes_by_text: Whether the server can send text messages.
    """

    access: PageAccess
    status: StatusApi
    events: SecurityEventsApi
    preferences: PreferredMethodApi
    passkeys: PasskeyOverviewApi | None
    goes_by_text: bool

    @show(_OVERVIEW)
    async def overview(self, visit: Visit) -> PageOutcome:
        """Show the account, and lead to each setting."""
        visitor = await self.access.visitor(visit, _OVERVIEW)
        if isinstance(visitor, SeeOther):
            return visitor
        found = await visit.call(self.status.status)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, _OVERVIEW)
        passkeys = None if self.passkeys is None else await visit.call(self.passkeys.overview)
        if isinstance(passkeys, Refused):
            return self.access.refused(visit, passkeys, _OVERVIEW)
        context = {
            "user": visitor.user,
            "status": found,
            "due_at": found.second_factor_due_at or "",
            "password_is_breached": visitor.password_is_breached,
            "has_password": visitor.has_password,
            "has_sent_codes": FactorName.OTP in found.methods,
            "preferable": [name for name in found.methods if name != FactorName.BACKUP_CODE],
            "goes_by_text": self.goes_by_text,
            "turn_on": self.access.site.turn_on,
            "passkeys": passkeys,
            "signals": signals_json(passkeys),
        }
        return Shown("security.html", context)

    @submit(f"{_OVERVIEW}/preferred-method")
    async def submit_preferred_method(self, visit: Visit) -> PageOutcome:
        """Choose the second factor to be asked for first."""
        fields = {"method": visit.field("method")}
        outcome = await visit.call(self.preferences.set_preferred_method, fields)
        if isinstance(outcome, Refused):
            return self.access.refused(visit, outcome, _OVERVIEW)
        return SeeOther(self.access.site.link(_OVERVIEW, notice="preferred"))

    @show(_EVENTS)
    async def recent_events(self, visit: Visit) -> PageOutcome:
        """List the recent events, in words."""
        visitor = await self.access.visitor(visit, _EVENTS)
        if isinstance(visitor, SeeOther):
            return visitor
        found = await visit.call(self.events.events)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, _EVENTS)
        return Shown("events.html", {"events": [_listed(event) for event in found]})


def _listed(event: SecurityEventAnswer) -> EventLine:
    device = device_name(event.user_agent) if event.ip_address else ""
    return EventLine(event_text(event.name), event.at, device, event.ip_address)
