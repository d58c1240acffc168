"""Purposes and lifetimes of links in emails."""

from enum import StrEnum


class Purpose(StrEnum):
    """What a link may be used for."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"
    RECOGNIZE_BROWSER = "recognize"


LIFETIMES = {
    # NIST SP 800-63B-4 section 4.2.1.1 allows 24 hours for a code sent by email.
    Purpose.VERIFY_EMAIL: 86_400,
    Purpose.RESET_PASSWORD: 1_800,
    Purpose.RECOGNIZE_BROWSER: 86_400,
}
"""Seconds for which a link works."""
