"""Rules for email addresses, names and passwords. Pure."""

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from athena_auth.accounts.common_passwords import is_common
from athena_auth.crypto.passwords import MAX_LENGTH, MIN_LENGTH, is_oversized, normalise
from athena_auth.kernel.errors import ErrorCode, Refused

_PUBLIC = ".example.com"
_MAX_EMAIL_LENGTH = 254
"""Characters (RFC 5321 section 4.5.3.1.3, without the angle brackets)."""
_ENCODED_WORD = "=?"
_MIN_LOCAL_PART = 4
"""Characters; many passwords contain a shorter local part by chance."""


def normalised_email(text: str) -> str | None:
    """Return the address as it is stored and compared, or None when it is not valid.

    All of it is in lower case: no major provider distinguishes `Ada@` from `ada@`, and users type both.
    """
    typed = text.strip()
    if len(typed) > _MAX_EMAIL_LENGTH:
        return None  # parsing a very long text takes seconds
    if _ENCODED_WORD in typed:
        # `=?utf-8?q?…?=` is valid as written, but decoding the mail header yields a different address.
        return None
    # Company networks have hosts like `mail.corp.local`. The library refuses such names because public mail cannot
    # reach them, so their syntax is checked below a domain that it accepts.
    suffix = _PUBLIC if _is_internal(typed) else ""
    try:
        # A bare host name is accepted too, and no DNS query is made.
        address = validate_email(typed + suffix, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    # The domain in its ASCII form, which every mail server can read (RFC 5891).
    return f"{address.local_part}@{address.ascii_domain.removesuffix(suffix)}".lower()


def _is_internal(address: str) -> bool:
    domain = address.rpartition("@")[2].lower()
    return any(domain == name or domain.endswith(f".{name}") for name in SPECIAL_USE_DOMAIN_NAMES)


def normalised_name(text: str) -> str | None:
    """Return the name without surrounding spaces, or None when nothing is left."""
    return text.strip() or None


def refuse_password(password: str, email: str) -> Refused | None:
    """Return why this cannot be the password of the account with this address, or None when it can.

    The checks apply to the normalised password and ignore case. There are no composition rules (SP 800-63B-4 section
    3.1.1.2).

    Args:
        password: As typed.
        email: The account's address, as `normalised_email` returns it.
    """
    if is_oversized(password):
        return Refused(ErrorCode.PASSWORD_TOO_LONG)
    normalised = normalise(password)
    if len(normalised) < MIN_LENGTH:
        return Refused(ErrorCode.PASSWORD_TOO_SHORT)
    if len(normalised) > MAX_LENGTH:
        return Refused(ErrorCode.PASSWORD_TOO_LONG)
    if is_common(normalised):
        return Refused(ErrorCode.PASSWORD_TOO_COMMON)
    if _contains_email(email, normalised):
        return Refused(ErrorCode.PASSWORD_CONTAINS_EMAIL)
    return None


def _contains_email(email: str, password: str) -> bool:
    """Tell whether the password contains the address or its local part, which attackers try first."""
    folded, address = password.casefold(), normalise(email).casefold()
    local_part = address.rpartition("@")[0]
    return address in folded or (len(local_part) >= _MIN_LOCAL_PART and local_part in folded)
