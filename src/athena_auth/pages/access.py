"""Who may open a page of an account, and where everybody else goes first."""

from dataclasses import dataclass

from athena_auth.accounts.step_up_policy import Action
from athena_auth.enrolment.account_status import AccountStatusApi, VisitorAnswer
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.pages.page import PageOutcome, SeeOther, Shown
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class PageAccess:
    """Lets the owners of live sessions in, with a fresh second factor where the page's action needs one.

    The handlers enforce the policy. Asking before the form is filled saves users from filling it twice.
    """

    site: Site
    accounts: AccountStatusApi

    async def visitor(
        self, visit: Visit, path: str, action: Action | None = None, *, back: str = ""
    ) -> VisitorAnswer | SeeOther:
        """Return the visitor of a page, or the page to open first.

        That one leads back to the page as it was opened, with its query; from a form to `back`, a URL of this site, or to
        `path`.
        """
        back = visit.here_without_notice or back or self._link(visit, path)
        is_known = visit.presents_session
        fields = {} if action is None else {"action": action.value}
        found = await visit.call(self.accounts.visitor, fields)
        if isinstance(found, Refused):
            return self._sign_in(back, notice="session-ended" if is_known else "")
        if not found.step_up_required:
            return found
        return self._step_up(back, action if found.passkey_required else None)

    def refused(self, visit: Visit, refused: Refused, path: str) -> PageOutcome:
        """Return the page to open first after a refusal, or a page that says what happened."""
        problem = Shown("problem.html", {"refused": refused}, int(refused.code.status), refused.retry_after)
        return self.way_back(visit, refused, path) or problem

    def way_back(self, visit: Visit, refused: Refused, path: str) -> SeeOther | None:
        """Return the page to open first after this refusal of a form; None if the form itself can say what to do."""
        if refused.code is ErrorCode.UNAUTHORIZED:
            return self._sign_in(self._link(visit, path), notice="session-ended")
        is_due = refused.code is ErrorCode.STEP_UP_REQUIRED
        return self._step_up(self._link(visit, path)) if is_due else None

    def _sign_in(self, back: str, notice: str) -> SeeOther:
        return SeeOther(self.site.link("/sign-in", notice=notice, next=back))

    def _step_up(self, back: str, passkey_for: Action | None = None) -> SeeOther:
        return SeeOther(self.site.link("/step-up", action=passkey_for or "", next=back))

    def _link(self, visit: Visit, path: str) -> str:
        return self.site.link(path, next=self.site.next(visit))
