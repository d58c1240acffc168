"""The browsers that are trusted, and the sessions."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.answers import SessionAnswer
from athena_auth.accounts.routes import AccountApi
from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import VisitorAnswer
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NO_ERRORS, errors_of, form_of
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit
from athena_auth.trusted_devices.routes import TrustedDeviceApi
from athena_auth.trusted_devices.rules import device_name

_DEVICES, _SESSIONS = "/security/devices", "/security/sessions"
_GONE = frozenset({ErrorCode.SESSION_NOT_FOUND, ErrorCode.TRUSTED_DEVICE_NOT_FOUND})
"""It has ended already, as the user wants."""


class SessionLine(msgspec.Struct, frozen=True):
    """A session in the list."""

    id: str
    name: str
    ip_address: str
    created_at: str
    current: bool


@dataclass(frozen=True, slots=True)
class DevicePages:
    """The browsers in which the password alone is enough."""

    access: PageAccess
    devices: TrustedDeviceApi

    @show(_DEVICES)
    async def trusted_devices(self, visit: Visit) -> PageOutcome:
        """List them."""
        visitor = await self.access.visitor(visit, _DEVICES)
        return visitor if isinstance(visitor, SeeOther) else await self._list(visit, None)

    @submit(_DEVICES)
    async def submit_trusted_devices(self, visit: Visit) -> PageOutcome:
        """Revoke the trust in one."""
        outcome = await visit.call(self.devices.revoke, {"id": visit.field("id")})
        return await self._after(visit, outcome, "device-revoked")

    @submit(f"{_DEVICES}/all")
    async def submit_all(self, visit: Visit) -> PageOutcome:
        """Revoke the trust in all."""
        outcome = await visit.call(self.devices.revoke_all)
        return await self._after(visit, outcome, "devices-revoked")

    async def _after(self, visit: Visit, outcome: object, notice: str) -> PageOutcome:
        if isinstance(outcome, Refused) and outcome.code not in _GONE:
            return self.access.way_back(visit, outcome, _DEVICES) or await self._list(visit, outcome)
        return SeeOther(self.access.site.link(_DEVICES, notice=notice))

    async def _list(self, visit: Visit, refused: Refused | None) -> PageOutcome:
        found = await visit.call(self.devices.list_devices)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, _DEVICES)
        errors = NO_ERRORS if refused is None else errors_of(refused, {})
        return form_of("devices.html", {"errors": errors, "devices": found}, refused)


@dataclass(frozen=True, slots=True)
class SessionPages:
    """Where the account is signed in."""

    access: PageAccess
    accounts: AccountApi

    @show(_SESSIONS)
    async def sessions(self, visit: Visit) -> PageOutcome:
        """List the sessions."""
        visitor = await self.access.visitor(visit, _SESSIONS, Action.REVOKE_SESSION)
        if isinstance(visitor, SeeOther):
            return visitor
        return await self._list(visit, visitor, None)

    @submit(_SESSIONS)
    async def submit_sessions(self, visit: Visit) -> PageOutcome:
        """End one session."""
        outcome = await visit.call(self.accounts.revoke_session, {"token": visit.field("id")})
        if isinstance(outcome, Refused) and outcome.code not in _GONE:
            visitor = await self.access.visitor(visit, _SESSIONS, Action.REVOKE_SESSION)
            return visitor if isinstance(visitor, SeeOther) else await self._list(visit, visitor, outcome)
        return SeeOther(self.access.site.link(_SESSIONS, notice="session-revoked"))

    @show(f"{_SESSIONS}/all")
    async def sign_out_everywhere(self, visit: Visit) -> PageOutcome:
        """Ask whether to end all sessions."""
        visitor = await self.access.visitor(visit, f"{_SESSIONS}/all", Action.REVOKE_SESSIONS)
        if isinstance(visitor, SeeOther):
            return visitor
        return Shown("sign_out_everywhere.html", {"errors": NO_ERRORS})

    @submit(f"{_SESSIONS}/all")
    async def submit_sign_out_everywhere(self, visit: Visit) -> PageOutcome:
        """End all sessions, this one too unless the user keeps it."""
        keep = "keep" in visit.form
        handler = self.accounts.revoke_other_sessions if keep else self.accounts.revoke_sessions
        outcome = await visit.call(handler)
        if isinstance(outcome, Refused):
            context = {"errors": errors_of(outcome, {})}
            onward = self.access.way_back(visit, outcome, f"{_SESSIONS}/all")
            return onward or form_of("sign_out_everywhere.html", context, outcome)
        if keep:
            return SeeOther(self.access.site.link(_SESSIONS, notice="sessions-revoked"))
        return SeeOther(self.access.site.link("/sign-in", notice="signed-out-everywhere"))

    async def _list(self, visit: Visit, visitor: VisitorAnswer, refused: Refused | None) -> PageOutcome:
        found = await visit.call(self.accounts.list_sessions)
        if isinstance(found, Refused):
            return self.access.refused(visit, found, _SESSIONS)
        listed = [_listed(session, visitor.session_id) for session in found]
        # The current one first, then the newest.
        listed.sort(key=lambda each: not each.current)
        errors = NO_ERRORS if refused is None else errors_of(refused, {})
        return form_of("sessions.html", {"errors": errors, "sessions": listed}, refused)


def _listed(session: SessionAnswer, current: str) -> SessionLine:
    return SessionLine(
        session.id,
        device_name(session.user_agent),
        session.ip_address,
        session.created_at,
        session.id == current,
    )
