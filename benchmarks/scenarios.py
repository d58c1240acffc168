"""What is measured, and the CPU each request may cost."""

from dataclasses import dataclass
from enum import StrEnum


class Scenario(StrEnum):
    """A kind of request."""

    OK = "GET /ok"
    GET_SESSION = "get-session (bearer)"
    ENROL_TOTP = "verify-totp, enrolment"
    SIGN_IN_TOTP = "verify-totp, sign-in"
    WRONG_TOTP = "verify-totp, wrong code"
    SEND_OTP = "send-otp (mail included)"
    VERIFY_OTP = "verify-otp"
    BACKUP_CODE = "verify-backup-code"
    SIGN_IN = "sign-in (one password check)"
    ENABLE = "enable (one password check)"


@dataclass(frozen=True, slots=True)
class Budget:
    """Milliseconds of CPU for one request: the server's, and the database's where it is another process."""

    server: float
    database: float


BUDGETS = {
    Scenario.OK: Budget(0.10, 0.0),
    Scenario.GET_SESSION: Budget(0.20, 0.10),
    Scenario.ENROL_TOTP: Budget(0.50, 0.50),
    Scenario.SIGN_IN_TOTP: Budget(0.50, 0.50),
    Scenario.WRONG_TOTP: Budget(0.40, 0.40),
    Scenario.SEND_OTP: Budget(0.30, 0.30),
    Scenario.VERIFY_OTP: Budget(0.50, 0.50),
    Scenario.BACKUP_CODE: Budget(0.50, 0.50),
    Scenario.SIGN_IN: Budget(28.0, 1.0),
    Scenario.ENABLE: Budget(28.0, 1.0),
}
