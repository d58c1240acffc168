"""What an address and a password must look like. Pure."""

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from athena_auth.accounts.common_passwords import is_common
from athena_auth.crypto.passwords import MAX_LENGTH, MIN_LENGTH, is_oversized, normalise
from athena_auth.kernel.outcome import ErrorCode, Refused

_PUBLIC = ".example.com"
_LONGEST_EMAIL = 254
"""Characters (RFC 5321 section 4.5.3.1.3, without the angle brackets)."""
_ENCODED_WORD = "=?"
_TELLING_LOCAL_PART = 4
"""Characters; a shorter one stands in many passwords by chance."""


def normalised_email(text: str) -> str | None:
    """Return the address as it is stored and compared, or None when it is not one.

    Lower case throughout: no provider of note tells `Ada@` from `ada@`, and people type both.
    """
    typed = text.strip()
    if len(typed) > _LONGEST_EMAIL:
        return None  # reading a text without end takes seconds
    if _ENCODED_WORD in typed:
        # `=?utf-8?q?…?=` is an address to the letter, and another one to whoever decodes the mail's header.
        return None
    # A company's own network has hosts like `mail.corp.local`; the library refuses such names, which no
    # public mail can reach, so their form is checked below a domain that it accepts.
    suffix = _PUBLIC if _is_internal(typed) else ""
    try:
        # A bare host is fine too, and nobody asks DNS here.
        address = validate_email(typed + suffix, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    # The domain in its ASCII form: every mail server on the way can read it (RFC 5891).
    return f"{address.local_part}@{address.ascii_domain.removesuffix(suffix)}".lower()


def _is_internal(address: str) -> bool:
    domain = address.rpartition("@")[2].lower()
    return any(domain == name or domain.endswith(f".{name}") for name in SPECIAL_USE_DOMAIN_NAMES)


def normalised_name(text: str) -> str | None:
    """Return the name without space around it, or None when nothing is left."""
    return text.strip() or None


def refuse_password(password: str, email: str) -> Refused | None:
    """Return why this cannot become the password of the account with this address, or None when it can.

    It is looked at as it is hashed, after normalisation; small and capital letters count as the same. Nothing is
    asked of its composition (SP 800-63B-4 section 3.1.1.2).

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
    if _gives_away(email, normalised):
        return Refused(ErrorCode.PASSWORD_CONTAINS_EMAIL)
    return None


def _gives_away(email: str, password: str) -> bool:
    """Tell whether somebody who tries what she knows of the account, its address, would find the password."""
    folded, address = password.casefold(), normalise(email).casefold()
    local_part = address.rpartition("@")[0]
    return address in folded or (len(local_part) >= _TELLING_LOCAL_PART and local_part in folded)
