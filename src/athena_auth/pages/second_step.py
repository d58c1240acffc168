"""The second step of a sign-in: one of the factors that its challenge offers."""

from dataclasses import dataclass

from athena_auth.enrolment.challenge_status import ChallengeStatusAnswer, ChallengeStatusApi
from athena_auth.factors.otp.routes import OtpApi
from athena_auth.kernel.errors import Refused
from athena_auth.mfa.model import ENDS_THE_CHALLENGE
from athena_auth.pages.factor_forms import FactorForms
from athena_auth.pages.form import FormErrors, form_of
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SecondStepPages:
    """Choosing a factor, having a code sent, and entering a code.

    Attributes:
        trust_ttl: Seconds for which a browser stays trusted.
        offers_recovery: Whether owners who have lost every factor can have them removed (ATHENA_RECOVERY).
    """

    site: Site
    challenges: ChallengeStatusApi
    otp: OtpApi
    forms: FactorForms
    trust_ttl: int
    offers_recovery: bool

    @show("/second-step")
    async def second_step(self, visit: Visit) -> PageOutcome:
        """Show the form of the chosen factor, by default of the preferred one."""
        found = await visit.call(self.challenges.status)
        if isinstance(found, Refused):
            return SeeOther(self.site.link("/sign-in", notice="ended", next=self.site.next(visit)))
        return await self._shown(visit, found)

    @submit("/second-step")
    async def submit_second_step(self, visit: Visit) -> PageOutcome:
        """Verify the code or the passkey; a correct one completes the sign-in."""
        if not self.forms.has(visit.field("method")):
            return SeeOther(self.site.link("/second-step", next=self.site.next(visit)))
        outcome = await self.forms.verify(visit, trustDevice="trust" in visit.form)
        if isinstance(outcome, Refused):
            return await self._refused(visit, outcome)
        is_last_code = getattr(outcome, "backup_codes_left", None) == 0
        onward = self.site.last_code_used(visit) if is_last_code else self.site.next(visit)
        return SeeOther(self.site.link("/signed-in", next=onward))

    @submit("/second-step/send")
    async def submit_send(self, visit: Visit) -> PageOutcome:
        """Send a code, by email or text message."""
        outcome = await visit.call(self.otp.send_otp)
        if isinstance(outcome, Refused):
            return await self._refused(visit, outcome)
        onward = self.site.link("/second-step", method="otp", notice="code-sent", next=self.site.next(visit))
        return SeeOther(onward)

    async def _refused(self, visit: Visit, refused: Refused) -> PageOutcome:
        """Show the form again; a sign-in that has ended begins again, with the address that the form has kept."""
        found = refused if refused.code in ENDS_THE_CHALLENGE else await visit.call(self.challenges.status)
        if not isinstance(found, Refused):
            return await self._shown(visit, found, refused)
        context = {
            "errors": FormErrors(found.text),
            "email": visit.field("email"),
            # Not by default: the user may have unticked it, on a shared computer.
            "remember": False,
            "next": self.site.next(visit),
        }
        return Shown("sign_in.html", context, found.code.status)

    async def _shown(
        self, visit: Visit, found: ChallengeStatusAnswer, refused: Refused | None = None
    ) -> Shown:
        context = {
            **await self.forms.context(visit, found.methods, found.preferred_method, refused),
            "email": found.email,
            "phone_number": found.phone_number,
            "is_sent": visit.query.get("notice") == "code-sent" or "sent" in visit.form,
            "trust_days": self.trust_ttl // _SECONDS_A_DAY,
            "trust": "trust" in visit.form,
            "offers_recovery": self.offers_recovery,
            "next": self.site.next(visit),
        }
        return form_of("second_step.html", context, refused)
