"""What an address and a password must look like. Pure."""

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from athena_auth.crypto.passwords import MAX_LENGTH, MIN_LENGTH, is_absurd, normalise
from athena_auth.kernel.outcome import ErrorCode, Refused

_PUBLIC = ".example.com"
_ENCODED_WORD = "=?"


def normalised_email(text: str) -> str | None:
    """Return the address as it is stored and compared, or None when it is not one.

    Lower case throughout: no provider of note tells `Ada@` from `ada@`, and people type both.
    """
    typed = text.strip()
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


def refuse_password(password: str) -> Refused | None:
    """Return why this cannot become a password, or None when it can. Length is counted after normalisation."""
    if is_absurd(password):
        return Refused(ErrorCode.PASSWORD_TOO_LONG)
    length = len(normalise(password))
    if length < MIN_LENGTH:
        return Refused(ErrorCode.PASSWORD_TOO_SHORT)
    if length > MAX_LENGTH:
        return Refused(ErrorCode.PASSWORD_TOO_LONG)
    return None
