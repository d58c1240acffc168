"""The stored parameters of authenticator apps, and detecting that a device's clock is off at enrolment. Pure."""

import msgspec

from athena_auth.crypto.totp import Algorithm, Parameters, step_at
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import PluralText, Text

WIDEST_WINDOW = 2
"""The maximum of ATHENA_TOTP_WINDOW: the accepted steps on either side of the current one."""

_REACH = 600
"""The largest clock error, in seconds, that is detected at enrolment."""
_MAX_STEPS = 20
"""Steps to check on either side of the current one, so that short periods do not make a wrong code expensive."""


class TotpDetails(msgspec.Struct, frozen=True):
    """The parameters of an enrolled app, apart from the secret; they do not follow later changes of the settings."""

    issuer: str
    algorithm: Algorithm
    digits: int
    period: int
    adds: bool = False
    """Whether the confirmed app joins the others of the account; otherwise it replaces them."""

    @property
    def parameters(self) -> Parameters:
        """The parameters from which codes are computed."""
        return Parameters(self.algorithm, self.digits, self.period)


_decoder = msgspec.json.Decoder(TotpDetails)


def details_of(stored: str) -> TotpDetails:
    """Decode the stored details of an authenticator."""
    return _decoder.decode(stored)


def near_steps(parameters: Parameters, now: Millis, window: int) -> tuple[int, ...]:
    """Return the time steps outside the window, up to ten minutes away."""
    current = step_at(now, parameters)
    reach = min(_REACH // parameters.period, _MAX_STEPS)
    before = range(max(current - reach, 0), current - window)
    return (*before, *range(current + window + 1, current + reach + 1))


def refuse_out_of_time(step: int, now: Millis, parameters: Parameters) -> Refused:
    """Return the refusal of a code that is correct for another time step."""
    steps = step - step_at(now, parameters)
    minutes = max(1, round(abs(steps) * parameters.period / 60))
    return Refused(ErrorCode.INVALID_CODE, _ahead(minutes) if steps > 0 else _behind(minutes))


def _ahead(minutes: int) -> Text:
    return PluralText(
        "The code is correct for another time: your device's clock seems to be off by about {n} minute "
        "(it is ahead). Set the clock and try again.",
        "The code is correct for another time: your device's clock seems to be off by about {n} minutes "
        "(it is ahead). Set the clock and try again.",
        n=minutes,
    )


def _behind(minutes: int) -> Text:
    return PluralText(
        "The code is correct for another time: your device's clock seems to be off by about {n} minute "
        "(it is behind). Set the clock and try again.",
        "The code is correct for another time: your device's clock seems to be off by about {n} minutes "
        "(it is behind). Set the clock and try again.",
        n=minutes,
    )
