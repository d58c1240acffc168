"""What a page shows of a pending sign-in: whose it is, and which factors complete it."""

from dataclasses import dataclass

import msgspec

from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.enrolment.service import Factors
from athena_auth.factors.otp.factor import masked
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import sql
from athena_auth.mfa.model import MAX_ATTEMPTS, SecondStepCaller, preferred_method
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, ChallengeBearer, NoBody


class ChallengeStatusAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A pending sign-in. Its bearer has verified the password, so the address is known to them."""

    email: str
    methods: tuple[str, ...]
    """The factors that complete it, in the order they are offered."""
    preferred_method: str | None
    """The one to offer first."""
    phone_number: str | None
    """The masked number to which codes are sent; None when they are sent by email."""


@dataclass(frozen=True, slots=True)
class ChallengeStatusApi:
    """The state of a challenge, for the server's own pages: a page is loaded again, and then has only the cookie."""

    factors: Factors
    store: Store
    clock: Clock

    @get("/two-factor/challenge")
    async def status(self, call: Call[SecondStepCaller, NoBody]) -> Reply[ChallengeStatusAnswer] | Refused:
        """Get the state of a pending sign-in."""
        bearer, now = call.principal, self.clock.now()
        if not isinstance(bearer, ChallengeBearer):
            return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
        token_digest = digest(TokenKind.CHALLENGE, bearer.token)

        async def work(tx: Tx) -> Reply[ChallengeStatusAnswer] | Refused:
            pending = await sql.load_live(tx, token_digest, now)
            if pending is None:
                return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
            if pending.attempts >= MAX_ATTEMPTS:
                return Refused(ErrorCode.TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE)
            account = pending.account
            methods = await self.factors.offered.available(tx, account)
            preferred = preferred_method(methods, account)
            number = await self.factors.otp.number(tx, account.id)
            phone_number = None if number is None else masked(number)
            return Reply(ChallengeStatusAnswer(account.email, methods, preferred, phone_number))

        return await self.store.read(work)
