"""Session checks for services in other languages, and for proxies that need no redirect.

Without a session, `get-session` answers 200 and `null`, as its clients expect. A proxy that reads only the status
(nginx's `auth_request`) would let everyone in. Here the status is the answer.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.answers import SessionAnswer, UserAnswer, session_answer, user_answer
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import Requirement, unmet_requirement
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.sessions.model import AmrClass, Level
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call

LONGEST_FRESH = 31_536_000
"""Seconds, a year: the longest time ago that a requirement may name."""

_Seconds = Annotated[
    int,
    Meta(
        description="The maximum number of seconds since a factor was verified. With `level=2` this must be the second "
        "factor itself; a trusted device does not count.",
        ge=1,
        le=LONGEST_FRESH,
        examples=[600],
    ),
]


class SessionCheckQuery(msgspec.Struct, frozen=True):
    """The requirement on the session."""

    level: Annotated[
        int,
        Meta(
            description="The minimum assurance level: 2 requires a second factor.", ge=1, le=2, examples=[2]
        ),
    ] = 1
    fresh: _Seconds | None = None
    amr: (
        Annotated[
            AmrClass,
            Meta(
                description="The kind of second factor that was verified in the session: `phishing_resistant`, a passkey or "
                "security key; `without_sent_codes`, any but codes by email or text message. With `fresh`, the factor that was "
                "verified last must be of this kind.",
                examples=["phishing_resistant"],
            ),
        ]
        | None
    ) = None

    @property
    def requirement(self) -> Requirement:
        """What the session must meet."""
        return Requirement(Level(self.level), self.fresh, self.amr)


class SessionCheckAnswer(msgspec.Struct, frozen=True):
    """A live session that meets the requirement."""

    session: SessionAnswer
    user: UserAnswer


class SessionCheckApi:
    """The route."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @get(
        "/check-session",
        errors=(ErrorCode.STEP_UP_REQUIRED, ErrorCode.ENROLMENT_REQUIRED, ErrorCode.SIGN_IN_AGAIN),
        renews=lambda _query, by_cookie: not by_cookie,
        tag="sessions",
    )
    async def check_session(
        self, call: Call[SignedIn, SessionCheckQuery]
    ) -> Reply[SessionCheckAnswer] | Refused:
        """Check a session, for a proxy or a service.

        200 with the session and its owner, 401 without a live session, 403 if the session does not meet the
        requirement. A proxy can forward the headers `x-athena-user-id` and `x-athena-session-level`. The session of a
        cookie is not extended, because proxies do not forward the renewed cookie.
        """
        signed_in = call.principal
        unmet = unmet_requirement(signed_in, call.body.requirement, self._clock.now())
        if unmet is not None:
            return Refused(unmet)
        session, account = signed_in.session, signed_in.account
        headers = (
            (b"x-athena-user-id", account.id.encode()),
            (b"x-athena-session-level", str(int(session.assurance.level)).encode()),
        )
        answer = SessionCheckAnswer(session_answer(session, session.id), user_answer(account))
        return Reply(answer, headers=headers)
