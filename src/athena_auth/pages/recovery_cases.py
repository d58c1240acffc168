"""Recovery when every second factor is lost: asking for it during a sign-in, and the pages that its mails link to."""

from dataclasses import dataclass

from athena_auth.enrolment.challenge_status import ChallengeStatusApi
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.model import ENDS_THE_CHALLENGE
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NO_ERRORS, refused_form
from athena_auth.pages.mail_links import link_ended, opened_token
from athena_auth.pages.page import PageOutcome, SeeOther, Shown, show, submit
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit
from athena_auth.recovery.cases.routes import RecoveryCaseApi

_OPEN, _CANCEL, _FINISH = "/open-recovery", "/cancel-recovery", "/finish-recovery"
_PASSWORD_FIELDS = {ErrorCode.INVALID_EMAIL_OR_PASSWORD: "password"}
_FORM_STAYS = frozenset({ErrorCode.INVALID_EMAIL_OR_PASSWORD, ErrorCode.ACCOUNT_TEMPORARILY_LOCKED})
"""The refusals after which the password may be entered again."""


@dataclass(frozen=True, slots=True)
class LostFactorsPages:
    """Asking for the link that begins a recovery.

    Attributes:
        days: The waiting time.
    """

    site: Site
    challenges: ChallengeStatusApi
    cases: RecoveryCaseApi
    days: int

    @show("/second-step/lost")
    async def lost_factors(self, visit: Visit) -> PageOutcome:
        """Explain the recovery, or say that the link was sent."""
        if isinstance(await visit.call(self.challenges.status), Refused):
            return self._sign_in_again(visit)
        return Shown("lost_factors.html", {"errors": NO_ERRORS, **self._context(visit)})

    @submit("/second-step/lost")
    async def submit_lost_factors(self, visit: Visit) -> PageOutcome:
        """Send the link."""
        outcome = await visit.call(self.cases.begin)
        if isinstance(outcome, Refused) and outcome.code in ENDS_THE_CHALLENGE:
            return self._sign_in_again(visit)
        if isinstance(outcome, Refused):
            return refused_form("lost_factors.html", outcome, {}, **self._context(visit))
        return SeeOther(
            self.site.link("/second-step/lost", notice="recovery-asked", next=self.site.next(visit))
        )

    def _context(self, visit: Visit) -> dict[str, object]:
        return {"days": self.days, "next": self.site.next(visit)}

    def _sign_in_again(self, visit: Visit) -> SeeOther:
        return SeeOther(self.site.link("/sign-in", notice="ended", next=self.site.next(visit)))


@dataclass(frozen=True, slots=True)
class RecoverySessionPages:
    """Cancelling a recovery with the button of the overview."""

    access: PageAccess
    cases: RecoveryCaseApi

    @submit("/security/cancel-recovery")
    async def submit_cancel(self, visit: Visit) -> PageOutcome:
        """Cancel the recovery, or lead to the step-up, where a second factor cancels it."""
        cancelled = self.access.site.link("/security", notice="recovery-cancelled")
        outcome = await visit.call(self.cases.cancel_in_session)
        if not isinstance(outcome, Refused):
            return SeeOther(cancelled)
        if outcome.code is ErrorCode.STEP_UP_REQUIRED:
            return SeeOther(self.access.site.link("/step-up", next=cancelled))
        return self.access.refused(visit, outcome, "/security")


@dataclass(frozen=True, slots=True)
class RecoveryLinkPages:
    """Beginning, cancelling and completing a recovery with the links of its mails.

    Attributes:
        days: The waiting time.
    """

    site: Site
    cases: RecoveryCaseApi
    days: int

    @show(_OPEN, from_mail=True)
    async def open_recovery(self, visit: Visit) -> PageOutcome:
        """Show the button that begins the recovery, so that a mail scanner begins none."""
        begun = Shown("recovery_begun.html", {"days": self.days})
        return self._form(visit, _OPEN, "open_recovery.html", {"recovery-begun": begun})

    @submit(_OPEN, from_mail=True)
    async def submit_open_recovery(self, visit: Visit) -> PageOutcome:
        """Begin the recovery."""
        outcome = await visit.call(self.cases.open, {"token": visit.field("token")})
        return self._done(visit, outcome, _OPEN, "recovery-begun")

    @show(_CANCEL, from_mail=True)
    async def cancel_recovery(self, visit: Visit) -> PageOutcome:
        """Show the button that cancels the recovery."""
        cancelled = Shown("link_done.html", {"asks_for_sign_in": True})
        return self._form(visit, _CANCEL, "cancel_recovery.html", {"recovery-cancelled": cancelled})

    @submit(_CANCEL, from_mail=True)
    async def submit_cancel_recovery(self, visit: Visit) -> PageOutcome:
        """Cancel the recovery."""
        outcome = await visit.call(self.cases.cancel, {"token": visit.field("token")})
        return self._done(visit, outcome, _CANCEL, "recovery-cancelled")

    @show(_FINISH, from_mail=True)
    async def finish_recovery(self, visit: Visit) -> PageOutcome:
        """Ask for the password, and offer to cancel the recovery instead."""
        recovered = Shown("link_done.html", {"asks_for_sign_in": True})
        return self._form(visit, _FINISH, "finish_recovery.html", {"recovered": recovered})

    @submit(_FINISH, from_mail=True)
    async def submit_finish_recovery(self, visit: Visit) -> PageOutcome:
        """Complete the recovery."""
        token = visit.field("token")
        fields = {"token": token, "password": visit.field("password")}
        outcome = await visit.call(self.cases.complete, fields)
        if isinstance(outcome, Refused) and outcome.code in _FORM_STAYS:
            return refused_form("finish_recovery.html", outcome, _PASSWORD_FIELDS, token=token)
        done = self._done(visit, outcome, _FINISH, "recovered")
        is_refused = isinstance(outcome, Refused) or self.site.pages is None
        return done if is_refused else SeeOther(self.site.link("/enrol", notice="recovered"))

    def _form(self, visit: Visit, path: str, template: str, done: dict[str, Shown]) -> PageOutcome:
        token = opened_token(self.site, visit, path, done)
        return Shown(template, {"errors": NO_ERRORS, "token": token}) if isinstance(token, str) else token

    def _done(self, visit: Visit, outcome: object, path: str, notice: str) -> PageOutcome:
        if isinstance(outcome, Refused):
            return link_ended(outcome)
        visit.mail_link.forget()
        return SeeOther(self.site.mail_link(path, notice=notice))
