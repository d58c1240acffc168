"""Beginning an enrolment that the enforcement policy requires before a session is created."""

from dataclasses import dataclass

from athena_auth import enrolment_tokens
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.enrolment.service import Enrolment, EnrolmentService
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.factor import EnrolmentOptions, EnrolmentRequest
from athena_auth.mfa.model import enrolment_binding
from athena_auth.mfa.password_login import PasswordLogin
from athena_auth.mfa.sign_in_policy import FirstFactor
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.route import EnrolmentBearer


@dataclass(frozen=True, slots=True)
class RequiredEnrolment:
    """Enrolments with an enrolment token; `EnrolmentSignIn` confirms them.

    The password is verified again, as for an enrolment in a session: the token alone, from a stolen cookie or a log, must not
    be enough to enrol an attacker's factor.
    """

    store: Store
    clock: Clock
    login: PasswordLogin
    service: EnrolmentService

    async def begin(
        self, bearer: EnrolmentBearer, password: str, factor: str, options: EnrolmentOptions
    ) -> Enrolment | Refused:
        """Begin an enrolment."""
        refused = self.service.validate(factor, options)
        account = refused or await self.owner_of(bearer)
        if isinstance(account, Refused):
            return account
        first = FirstFactor(bearer.client, persistent=False, trust_token=None)
        # The bearer has shown the password before: strangers must not be able to use up these attempts.
        verified = await self.login.verify(account.email, password, first, vouched=True)
        if isinstance(verified, Refused):
            is_wrong = verified.code is ErrorCode.INVALID_EMAIL_OR_PASSWORD
            return Refused(ErrorCode.INVALID_PASSWORD) if is_wrong else verified
        now = self.clock.now()

        async def work(tx: Tx) -> Enrolment | Refused:
            current = await accounts.lock_if_current(tx, verified.stored.version)
            if current is None or await enrolment_tokens.lock_live(tx, bearer.token, now) is None:
                return Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
            self.login.succeeded(tx, verified)
            binding = enrolment_binding(bearer.token)
            request = EnrolmentRequest(current, options, binding, bearer.client, None, now)
            return await self.service.begin(tx, factor, request)

        return await self.store.transact(work)

    async def owner_of(self, bearer: EnrolmentBearer) -> Account | Refused:
        """Return the account of a live token."""
        now = self.clock.now()

        async def load(tx: Tx) -> Account | None:
            user_id = await enrolment_tokens.load_owner(tx, bearer.token, now)
            return None if user_id is None else await accounts.load(tx, user_id)

        return await self.store.read(load) or Refused(ErrorCode.INVALID_TWO_FACTOR_COOKIE)
