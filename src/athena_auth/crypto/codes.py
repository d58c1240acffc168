"""Codes that people type: how they are drawn, and how what was typed is read."""

import secrets

BACKUP_CODE_COUNT = 10
_BACKUP_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_BACKUP_GROUPS = 4
_BACKUP_GROUP_LENGTH = 4


def new_numeric_code(digits: int) -> str:
    """Return a code of so many decimal digits, each equally likely."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def new_backup_code() -> str:
    """Return a code `xxxx-xxxx-xxxx-xxxx` of 80 bits, in letters and digits nobody mistakes for each other.

    80 bits are past what NIST SP 800-63B-4 section 3.1.2 asks of a look-up secret (20) and of a recovery
    code (64), and past guessing online or, with the keyed hash they are stored under, offline.
    """
    groups = (
        "".join(secrets.choice(_BACKUP_ALPHABET) for _ in range(_BACKUP_GROUP_LENGTH))
        for _ in range(_BACKUP_GROUPS)
    )
    return "-".join(groups)


def normalised_code(code: str) -> str:
    """Return the code without the spaces and dashes people put in, in lower case.

    Other characters stay as they are: `١٢٣٤٥٦` is not `123456`, and so it is refused like any wrong code.
    """
    return code.replace(" ", "").replace("-", "").lower()
