"""One submission of a response to a second factor."""

from typing import Any

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import Refused
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.factor import Attempt, Factor, RawResponse, Used
from athena_auth.mfa.model import Binding
from athena_auth.mfa.verification import Candidate
from athena_auth.throttle.attempts import CODES_USED_UP, refused_by
from athena_auth.throttle.sql import Throttled
from athena_auth.wire.caller import ClientInfo


class Submitted(msgspec.Struct, frozen=True):
    """The response of a request."""

    response: RawResponse
    """As typed, or as the client's program made it."""
    trust_device: bool

    def __repr__(self) -> str:
        return "Submitted(…)"


class Submission(msgspec.Struct, frozen=True):
    """One submission of a response."""

    factor: Factor[Any]
    submitted: Submitted
    response: Any
    """As the factor reads it."""
    now: Millis

    @property
    def key(self) -> str:
        """Two submissions with the same token and this key are identical."""
        response = self.response
        text = response if isinstance(response, str) else msgspec.json.encode(response).decode()
        return f"{self.factor.name}:{text}"

    def candidate(
        self, user_id: UserId, binding: Binding, client: ClientInfo, *, confirms: bool = False
    ) -> Candidate:
        """Return the factor with the attempt that this submission is."""
        browser = client.fingerprint
        attempt = Attempt(user_id, self.response, binding, self.now, browser, confirms)
        return Candidate(self.factor, attempt)


def refusal_of(outcome: Refused | Used | Throttled, now: Millis) -> Refused:
    """Return the refusal of a response that was not verified."""
    if isinstance(outcome, Throttled):
        return refused_by(outcome, now, CODES_USED_UP)
    return outcome.refused if isinstance(outcome, Used) else outcome
