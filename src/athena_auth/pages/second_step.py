"""The second step of a sign-in: one of the factors that its challenge offers."""

from dataclasses import dataclass
from typing import Any

from athena_auth.enrolment.challenge_status import ChallengeStatusAnswer, ChallengeStatusApi
from athena_auth.factors.otp.routes import OtpApi
from athena_auth.kernel.errors import Refused
from athena_auth.mfa.model import ENDS_THE_CHALLENGE
from athena_auth.pages.form import CODE_FIELDS, NO_ERRORS, FormErrors, errors_of, form_of, method_to_show
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import AnsweringHandler, Visit

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SecondStepPages:
    """Choosing a factor, having a code sent, and entering a code.

    Attributes:
        verifiers: The handler that verifies the code of each factor, by the factor's name.
        trust_ttl: Seconds for which a browser stays trusted.
        totp_digits: The digits of an app's code; the form is submitted with the last one.
        offers_recovery: Whether owners who have lost every factor can have them removed (ATHENA_RECOVERY).
    """

    site: Site
    challenges: ChallengeStatusApi
    otp: OtpApi
    verifiers: dict[str, AnsweringHandler[Any]]
    trust_ttl: int
    totp_digits: int
    offers_recovery: bool

    @show("/second-step")
    async def second_step(self, visit: Visit) -> PageOutcome:
        """Show the form of the chosen factor, by default of the preferred one."""
        found = await visit.call(self.challenges.status)
        if isinstance(found, Refused):
            return SeeOther(self.site.link("/sign-in", notice="ended", next=self.site.next(visit)))
        return self._shown(visit, found, NO_ERRORS)

    @submit("/second-step")
    async def submit_second_step(self, visit: Visit) -> PageOutcome:
        """Verify the code; a correct one completes the sign-in."""
        verifier = self.verifiers.get(visit.field("method"))
        if verifier is None:
            return SeeOther(self.site.link("/second-step", next=self.site.next(visit)))
        body = {"code": visit.field("code"), "trustDevice": "trust" in visit.form}
        outcome = await visit.call(verifier, body)
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
            return self._shown(visit, found, errors_of(refused, CODE_FIELDS), refused)
        context = {
            "errors": FormErrors(found.text),
            "email": visit.field("email"),
            # Not by default: the user may have unticked it, on a shared computer.
            "remember": False,
            "next": self.site.next(visit),
        }
        return Shown("sign_in.html", context, found.code.status)

    def _shown(
        self, visit: Visit, found: ChallengeStatusAnswer, errors: FormErrors, refused: Refused | None = None
    ) -> Shown:
        offered = [name for name in found.methods if name in self.verifiers]
        asked = visit.field("method")
        context = {
            "errors": errors,
            "email": found.email,
            "phone_number": found.phone_number,
            "method": method_to_show(asked, found.preferred_method, offered),
            "methods": offered,
            "is_sent": visit.query.get("notice") == "code-sent" or "sent" in visit.form,
            "trust_days": self.trust_ttl // _SECONDS_A_DAY,
            "trust": "trust" in visit.form,
            "totp_digits": self.totp_digits,
            "offers_recovery": self.offers_recovery,
            "next": self.site.next(visit),
        }
        return form_of("second_step.html", context, refused)
