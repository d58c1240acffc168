"""What is kept of an authenticator app, and when a wrong code of an enrolment is only out of time. Pure."""

import msgspec

from athena_auth.crypto.totp import Algorithm, Parameters, step_at
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.outcome import ErrorCode, Refused

WIDEST_WINDOW = 2
"""The most steps to either side of the present one that a server may be set to accept (ATHENA_TOTP_WINDOW)."""

_REACH = 600
"""Seconds a device's clock may be off for its owner to be told so when they enrol it."""
_MOST_STEPS = 20
"""To either side of now, so that short steps do not make a wrong code expensive."""


class TotpDetails(msgspec.Struct, frozen=True):
    """What the app was told beside the secret; authenticators keep it when the settings change."""

    issuer: str
    algorithm: Algorithm
    digits: int
    period: int

    @property
    def parameters(self) -> Parameters:
        """How its codes are computed."""
        return Parameters(self.algorithm, self.digits, self.period)


_decoder = msgspec.json.Decoder(TotpDetails)


def details_of(stored: str) -> TotpDetails:
    """Read the details of an authenticator."""
    return _decoder.decode(stored)


def near_steps(parameters: Parameters, now: Millis, window: int) -> tuple[int, ...]:
    """Return the steps outside the window that a device's clock may be at, off by ten minutes at most."""
    present = step_at(now, parameters)
    reach = min(_REACH // parameters.period, _MOST_STEPS)
    before = range(max(present - reach, 0), present - window)
    return (*before, *range(present + window + 1, present + reach + 1))


def refuse_out_of_time(step: int, now: Millis, parameters: Parameters) -> Refused:
    """Return the refusal of a code that is right for another step than the present one."""
    steps = step - step_at(now, parameters)
    minutes = max(1, round(abs(steps) * parameters.period / 60))
    about = f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    side = "ahead" if steps > 0 else "behind"
    return Refused(
        ErrorCode.INVALID_CODE,
        f"The code is right for another time: your device's clock seems to be off by about {about} "
        f"(it is {side}); correct it and try again.",
    )
