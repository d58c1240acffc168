"""An authenticator app, which shows the codes of one account."""

import base64
from urllib.parse import parse_qs, urlsplit

from athena_auth.crypto.totp import Algorithm, Parameters, code_at, step_at
from athena_auth.testing.clock import ManualClock


class AuthenticatorApp:
    """Shows a code for each period of the clock, and knows which it has shown, because each of them works once.

    Args:
        totp_uri: The `otpauth://` address that a user scans.
        clock: The server's clock.
    """

    def __init__(self, totp_uri: str, clock: ManualClock) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(totp_uri).query).items()}
        secret = query["secret"]
        self._secret = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self._parameters = Parameters(
            Algorithm(query["algorithm"]), int(query["digits"]), int(query["period"])
        )
        self._clock = clock
        self._shown = -1

    def code(self) -> str:
        """Return the code of the present period."""
        return self._show(step_at(self._clock.now(), self._parameters))

    def previous_code(self) -> str:
        """Return the code of the period before: with it in use, that of the present period still works."""
        return self._show(step_at(self._clock.now(), self._parameters) - 1)

    def unused_code(self) -> str:
        """Return a code that has not been shown; where that of the present period has, let that period pass."""
        step = step_at(self._clock.now(), self._parameters)
        if step <= self._shown:
            next_begins = (self._shown + 1) * self._parameters.period
            self._clock.advance(next_begins - self._clock.now() / 1000)
        return self.code()

    def _show(self, step: int) -> str:
        self._shown = max(self._shown, step)
        return code_at(self._secret, step, self._parameters)
