"""What a page shows of a sign-in that must enrol a second factor."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.enrolment.required import RequiredEnrolment
from athena_auth.enrolment.service import Factors
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.model import enrolment_binding
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, EnrolmentBearer, NoBody


class PendingEnrolmentAnswer(msgspec.Struct, frozen=True):
    """A sign-in with an enrolment token. Its bearer has verified the password, so the address is known to them."""

    key: str
    """Names the token without being it: what a form seals opens for this token only."""
    email: str | None
    """None if the token has ended."""
    methods: tuple[str, ...]
    """The factors that can be enrolled."""


@dataclass(frozen=True, slots=True)
class PendingEnrolmentApi:
    """The state of an enrolment token, for the server's own pages: a page is loaded again, and then has only the cookie."""

    required: RequiredEnrolment
    factors: Factors

    @get("/two-factor/pending-enrolment")
    async def status(
        self, call: Call[SignedIn | EnrolmentBearer, NoBody]
    ) -> Reply[PendingEnrolmentAnswer] | Refused:
        """Get the state of a sign-in that must enrol a second factor."""
        bearer = call.principal
        if not isinstance(bearer, EnrolmentBearer):
            return Refused(ErrorCode.UNAUTHORIZED)
        account = await self.required.owner_of(bearer)
        email = None if isinstance(account, Refused) else account.email
        methods = tuple(self.factors.offered.enrollable)
        return Reply(PendingEnrolmentAnswer(enrolment_binding(bearer.token).key.hex(), email, methods))
