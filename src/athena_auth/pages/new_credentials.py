"""What an enrolment shows once: the secret of an app until it is confirmed, and then the new backup codes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from athena_auth.crypto.keys import Keyring
from athena_auth.enrolment.account_status import AccountStatusApi, VisitorAnswer
from athena_auth.factors.backup_codes.sql import BackupCodeState
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.pages.access import PageAccess
from athena_auth.pages.form import NO_ERRORS
from athena_auth.pages.page import PageOutcome, SeeOther, Shown
from athena_auth.pages.sealed_state import SealedState
from athena_auth.pages.visit import AnsweringHandler, Visit

FIELD = "state"
"""The hidden field."""


class NewCredentials(msgspec.Struct, frozen=True):
    """The credentials of one enrolment.

    Attributes:
        codes: The backup codes. Each set is new, so it also identifies the enrolment.
        uri: The `otpauth` URI of an app; empty for sent codes.
        number: The phone number that a sent code confirms; empty for an email address.
    """

    codes: tuple[str, ...]
    uri: str = ""
    number: str = ""

    def __repr__(self) -> str:
        return "NewCredentials(…)"


FormAgain = Callable[[VisitorAnswer, NewCredentials, Refused], Awaitable[PageOutcome]]
"""Shows the form of a pending enrolment again, with the reason."""

OTHER_APP = Refused(
    ErrorCode.INVALID_CODE,
    Text(
        "This code is from the app that you use already. Enter the code of the entry that you have just added."
    ),
)
"""The refusal of a code that is correct but confirms nothing."""


@dataclass(frozen=True, slots=True)
class NewCredentialsForms:
    """Carries new credentials from form to form, and shows them only while that is due.

    The secret is shown while the enrolment is pending, and the codes in the answer to the form that confirms it. A form
    that is sent again later, from the history or in another tab, shows neither.
    """

    access: PageAccess
    accounts: AccountStatusApi
    pending: SealedState[NewCredentials]
    confirmed: SealedState[NewCredentials]

    @classmethod
    def build(
        cls, access: PageAccess, accounts: AccountStatusApi, keyring: Keyring, clock: Clock
    ) -> "NewCredentialsForms":
        """Return the forms, with a purpose of their own for what is sealed before the confirmation and after it."""
        pending = SealedState(keyring, clock, "pending-enrolment", NewCredentials)
        confirmed = SealedState(keyring, clock, "new-backup-codes", NewCredentials)
        return cls(access, accounts, pending, confirmed)

    async def confirm(
        self,
        visit: Visit,
        path: str,
        verifier: AnsweringHandler[Any],
        again: FormAgain,
        fields: Mapping[str, object] | None = None,
    ) -> PageOutcome:
        """Verify what confirms an enrolment, and show its backup codes.

        `path` is that of the page on which an enrolment begins, and `again` shows the form after a refusal. `fields` are
        those of the verifier, by default the code.
        """
        before = await visit.call(self.accounts.visitor)
        # Without a session, this may be the second of two identical requests, of which the first has just replaced the
        # session's token. The handler knows, and answers it as the first.
        if not isinstance(before, Refused):
            pending = await self._find_pending(visit, before, path)
            if isinstance(pending, SeeOther):
                return pending
        body = {"code": visit.field("code")} if fields is None else fields
        outcome = await visit.call(verifier, body, in_session=True)
        visitor = await self.access.visitor(visit, path)
        if isinstance(visitor, SeeOther):
            return visitor
        found = await self._find(visit, visitor, path)
        if isinstance(found, SeeOther):
            return found
        credentials, state = found
        if state is BackupCodeState.PENDING:
            return await again(visitor, credentials, outcome if isinstance(outcome, Refused) else OTHER_APP)
        return self.codes_page(visit, credentials.codes, visitor.session_id)

    async def open_pending(self, visit: Visit, path: str) -> tuple[VisitorAnswer, NewCredentials] | SeeOther:
        """Return the credentials of an enrolment that is still pending, or the page on which one begins."""
        visitor = await self.access.visitor(visit, path)
        if isinstance(visitor, SeeOther):
            return visitor
        credentials = await self._find_pending(visit, visitor, path)
        return credentials if isinstance(credentials, SeeOther) else (visitor, credentials)

    def codes_page(self, visit: Visit, codes: tuple[str, ...], session_id: str) -> PageOutcome:
        """Return the page that shows new backup codes, once; without any, lead on."""
        if not codes:
            site = self.access.site
            asked = site.next(visit)
            return SeeOther(site.after_sign_in(visit) if asked else site.link("/security", notice="set-up"))
        state = self.confirmed.seal(NewCredentials(codes), session_id)
        context = {"codes": codes, "state": state, "next": self.access.site.next(visit)}
        return Shown("new_backup_codes.html", {**context, "errors": NO_ERRORS})

    async def _find_pending(
        self, visit: Visit, visitor: VisitorAnswer, path: str
    ) -> NewCredentials | SeeOther:
        found = await self._find(visit, visitor, path)
        if isinstance(found, SeeOther):
            return found
        credentials, state = found
        if state is BackupCodeState.PENDING:
            return credentials
        return SeeOther(self.access.site.link("/security", notice="shown-once"))

    async def _find(
        self, visit: Visit, visitor: VisitorAnswer, path: str
    ) -> tuple[NewCredentials, BackupCodeState] | SeeOther:
        """Return the sealed credentials, and whether their enrolment is pending or confirmed."""
        ended = SeeOther(
            self.access.site.link(path, notice="enrolment-ended", next=self.access.site.next(visit))
        )
        credentials = self.pending.open(visit.field(FIELD), visitor.session_id)
        if credentials is None:
            return ended
        fields = {"code": credentials.codes[0]} if credentials.codes else {}
        found = await visit.call(self.accounts.backup_code_state, fields)
        if isinstance(found, Refused) or found.state in {None, BackupCodeState.USED}:
            return ended
        return credentials, BackupCodeState(found.state or "")
