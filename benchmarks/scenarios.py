"""What is measured, and the CPU each request may cost."""

from dataclasses import dataclass
from enum import StrEnum


class Scenario(StrEnum):
    """A kind of request."""

    OK = "GET /ok"
    GET_SESSION = "get-session (bearer)"
    FORWARD_AUTH = "forward-auth (cookie)"
    ENROL_TOTP = "verify-totp, enrolment"
    SIGN_IN_TOTP = "verify-totp, sign-in"
    WRONG_TOTP = "verify-totp, wrong code"
    SEND_OTP = "send-otp (mail included)"
    VERIFY_OTP = "verify-otp"
    BACKUP_CODE = "verify-backup-code"
    ENABLE = "enable"
    SIGN_IN = "sign-in, no second factor"
    CHALLENGE = "sign-in, challenge issued"
    GENERATE = "generate-backup-codes"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class Budget:
    """Milliseconds of CPU for one request: the server's, and the database's where it is another process."""

    server: float
    database: float


_PASSWORD = Budget(28.0, 1.0)
"""One password check, which is meant to be dear."""

BUDGETS = {
    Scenario.OK: Budget(0.10, 0.0),
    Scenario.GET_SESSION: Budget(0.20, 0.10),
    Scenario.FORWARD_AUTH: Budget(0.24, 0.10),
    Scenario.ENROL_TOTP: Budget(0.50, 0.50),
    Scenario.SIGN_IN_TOTP: Budget(0.50, 0.50),
    Scenario.WRONG_TOTP: Budget(0.40, 0.40),
    Scenario.SEND_OTP: Budget(0.30, 0.30),
    Scenario.VERIFY_OTP: Budget(0.50, 0.50),
    Scenario.BACKUP_CODE: Budget(0.50, 0.50),
    Scenario.ENABLE: _PASSWORD,
    Scenario.SIGN_IN: _PASSWORD,
    Scenario.CHALLENGE: _PASSWORD,
    Scenario.GENERATE: _PASSWORD,
    Scenario.DISABLE: _PASSWORD,
}

EVERY_SCENARIO = frozenset(Scenario)
OF_EVERY_PEER = EVERY_SCENARIO - {Scenario.FORWARD_AUTH}
"""Requests that the other servers answer too."""
WITH_FLOOR = frozenset(
    {
        Scenario.OK,
        Scenario.GET_SESSION,
        Scenario.SIGN_IN_TOTP,
        Scenario.SEND_OTP,
        Scenario.VERIFY_OTP,
        Scenario.BACKUP_CODE,
    }
)
"""Requests that benchmarks/floor answers too."""
HELD_TO_FLOOR = WITH_FLOOR - {Scenario.OK}
MOST_OF_FLOOR = 1.6
"""How many times the floor's CPU those requests may cost."""

MOST_START_UP = 1.0
"""Seconds from the process's start to its first answer."""
MOST_IDLE_MEMORY = 80.0
"""MB resident of a process that has answered one request."""
MOST_UNDER_OVERLOAD = 50.0
"""Milliseconds within which 99 of 100 session look-ups are answered while sign-ins flood the server."""
