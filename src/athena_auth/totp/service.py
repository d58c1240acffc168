"""Use cases of the authenticator app."""

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.accounts.proof import PasswordProof
from athena_auth.challenge.second_step import Passed, SecondStep, SubmittedCode
from athena_auth.challenge.unreadable import refuse_unreadable
from athena_auth.crypto.keys import UnreadableError
from athena_auth.kernel.clock import Clock
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Tx
from athena_auth.totp.method import TotpMethod
from athena_auth.wire.route import ChallengeBearer


class TotpService:
    """Shows the secret to its owner and judges its codes."""

    def __init__(
        self, method: TotpMethod, second_step: SecondStep, proof: PasswordProof, clock: Clock
    ) -> None:
        """Take the factor, the step it serves, and the way passwords are proven."""
        self._method = method
        self._second_step = second_step
        self._proof = proof
        self._clock = clock

    async def uri(self, signed_in: SignedIn, password: str) -> str | Refused:
        """Return the `otpauth` URI: of the enrolment under way, else of the active authenticator."""
        now = self._clock.now()

        async def work(tx: Tx, account: Account) -> str | Refused:
            try:
                uri = await self._method.uri(tx, account.id, account.email, now)
            except UnreadableError as error:
                # Not raised on: the password was right, and the rollback would leave its attempt counted as a failure.
                return refuse_unreadable(error)
            return uri or Refused(ErrorCode.TOTP_NOT_ENABLED)

        return await self._proof.act(signed_in, password, work)

    async def verify(
        self, principal: SignedIn | ChallengeBearer, submitted: SubmittedCode
    ) -> Passed | Refused:
        """Sign in, confirm an enrolment, or prove the factor again."""
        return await self._second_step.take(self._method, principal, submitted)
