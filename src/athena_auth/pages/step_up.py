"""Step-up: verifying a second factor again, then going on with what the user was doing."""

from dataclasses import dataclass

from athena_auth.accounts.session_check import LONGEST_FRESH, SessionCheckApi
from athena_auth.accounts.step_up_policy import FRESH, Action
from athena_auth.enrolment.status import StatusApi
from athena_auth.factors.otp.routes import OtpApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa.model import FactorName
from athena_auth.pages.access import PageAccess
from athena_auth.pages.factor_forms import FactorForms
from athena_auth.pages.form import form_of
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.visit import Visit
from athena_auth.sessions.model import AmrClass

_PATH = "/step-up"
_LEVELS = ("1", "2")
_MOST_DIGITS = 9
_USER_NOT_VERIFIED = Refused(
    ErrorCode.USER_VERIFICATION_REQUIRED,
    Text(
        "Your device did not check that it is you. Set up a PIN or a fingerprint on it, or use another passkey."
    ),
)


@dataclass(frozen=True, slots=True)
class StepUpPages:
    """The query has the requirement, `level`, `fresh` (seconds) and `amr`, and `next`, the page to go on with.

    Instead it may have an `action` of this server that needs a passkey which verifies its user.
    """

    access: PageAccess
    checks: SessionCheckApi
    status: StatusApi
    otp: OtpApi
    forms: FactorForms

    @show(_PATH)
    async def step_up(self, visit: Visit) -> PageOutcome:
        """Ask for a code or a passkey; a session that meets the requirement goes on at once."""
        site = self.access.site
        unmet = await self._unmet(visit)
        if unmet is None:
            return SeeOther(site.after_sign_in(visit))
        if unmet.code is ErrorCode.ENROLMENT_REQUIRED:
            onward = site.link(site.turn_on, notice="turn-on-first", next=site.next(visit))
            return SeeOther(onward)
        if unmet.code is ErrorCode.SIGN_IN_AGAIN:
            return Shown("sign_in_again.html", {"next": site.next(visit)})
        return await self._form(visit, unmet, None)

    @submit(_PATH)
    async def submit_step_up(self, visit: Visit) -> PageOutcome:
        """Verify it, and go on."""
        if not self.forms.has(visit.field("method")):
            return SeeOther(self._here(visit))
        outcome = await self.forms.verify(visit, in_session=True)
        if isinstance(outcome, Refused):
            return await self._form(visit, outcome, outcome)
        if visit.field("action") and await self._unmet(visit) is not None:
            return await self._form(visit, _USER_NOT_VERIFIED, _USER_NOT_VERIFIED)
        if getattr(outcome, "backup_codes_left", None) == 0:
            return SeeOther(self.access.site.last_code_used(visit))
        return SeeOther(self.access.site.after_sign_in(visit))

    @submit(f"{_PATH}/send")
    async def submit_send(self, visit: Visit) -> PageOutcome:
        """Send a code, by email or text message."""
        outcome = await visit.call(self.otp.send_otp, in_session=True)
        if isinstance(outcome, Refused):
            return await self._form(visit, outcome, outcome)
        return SeeOther(self._here(visit, method="otp", notice="code-sent"))

    async def _unmet(self, visit: Visit) -> Refused | None:
        """Return what the session lacks for the requirement, or for the action."""
        action = _given(visit)["action"]
        if not action:
            checked = await visit.call(self.checks.check_session, _requirement(visit))
            return checked if isinstance(checked, Refused) else None
        found = await visit.call(self.access.accounts.visitor, {"action": action})
        if isinstance(found, Refused):
            return found
        return Refused(ErrorCode.STEP_UP_REQUIRED) if found.passkey_required else None

    async def _form(self, visit: Visit, reason: Refused, refused: Refused | None) -> PageOutcome:
        """Return the form. `reason` is why it is shown; `refused` is the refusal of a form before it."""
        found = await visit.call(self.status.status)
        if isinstance(found, Refused) or reason.code is ErrorCode.UNAUTHORIZED:
            visitor = await self.access.visitor(visit, _PATH, back=self._here(visit))
            return visitor if isinstance(visitor, SeeOther) else self.access.refused(visit, reason, _PATH)
        given = _given(visit)
        kind = AmrClass(given["amr"]) if given["amr"] else None
        if given["action"]:
            kind = AmrClass.PHISHING_RESISTANT
        methods = [name for name in found.methods if _fits(name, kind)]
        # Where there is no password, a passkey may have to take its place in what comes next, and a code could not.
        preferred = found.preferred_method if found.has_password else FactorName.PASSKEY
        shown = await self.forms.context(visit, methods, preferred, refused, in_session=True)
        context = {
            **shown,
            "phone_number": found.phone_number,
            "is_sent": visit.query.get("notice") == "code-sent" or "sent" in visit.form,
            **given,
            "next": self.access.site.next(visit),
        }
        return form_of("step_up.html", context, refused)

    def _here(self, visit: Visit, **query: str) -> str:
        return self.access.site.link(_PATH, **query, **_given(visit), next=self.access.site.next(visit))


def _given(visit: Visit) -> dict[str, str]:
    """Return the requirement as it was given; what is missing or invalid is empty."""
    level, fresh, amr = visit.field("level"), visit.field("fresh"), visit.field("amr")
    action = visit.field("action")
    is_number = fresh.isascii() and fresh.isdigit() and len(fresh) <= _MOST_DIGITS and int(fresh) > 0
    return {
        "level": level if level in _LEVELS else "",
        "fresh": fresh if is_number else "",
        "amr": amr if amr in set(AmrClass) else "",
        "action": action if action in set(Action) else "",
    }


def _requirement(visit: Visit) -> dict[str, object]:
    """Return the requirement; by default that of this server's own actions."""
    given = _given(visit)
    kind = {"amr": given["amr"]} if given["amr"] else {}
    fresh = min(int(given["fresh"] or FRESH), LONGEST_FRESH)
    return {"level": int(given["level"] or 2), "fresh": fresh, **kind}


def _fits(method: str, kind: AmrClass | None) -> bool:
    """Tell whether this factor can meet the requirement."""
    if kind is AmrClass.PHISHING_RESISTANT:
        return method == FactorName.PASSKEY
    return kind is None or method != FactorName.OTP
