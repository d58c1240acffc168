"""The header `Retry-After` (RFC 9110 section 10.2.3)."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

RETRY_AFTER_HEADER = "retry-after"
_SECONDS = re.compile(r"[0-9]{1,9}")
# The three formats of section 5.6.7. The parser alone accepts more than these.
_HTTP_DATE = re.compile(
    r"""[A-Z][a-z]{2,8},[ ][0-9]{2}(?:[ ][A-Z][a-z]{2}[ ][0-9]{4}|-[A-Z][a-z]{2}-[0-9]{2})[ ][0-9:]{8}[ ]GMT
    | [A-Z][a-z]{2}[ ][A-Z][a-z]{2}[ ][ 0-9][0-9][ ][0-9:]{8}[ ][0-9]{4}""",
    re.VERBOSE,
)


def retry_after(response: httpx.Response) -> int | None:
    """Return the seconds to wait, from either form of the header; None if it is absent or malformed."""
    text: str = response.headers.get(RETRY_AFTER_HEADER, "").strip()
    if _SECONDS.fullmatch(text):
        return int(text)
    until = _date(text)
    if until is None:
        return None
    # Relative to the server's own clock where the response has a Date: the local clock may be wrong.
    now = _date(response.headers.get("date", "")) or datetime.now(UTC)  # noqa: TID251 - the SDK has no clock to inject
    return max(0, math.ceil((until - now).total_seconds()))


def _date(text: str) -> datetime | None:
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    # The format without a time zone is UTC as well.
    return parsed.replace(tzinfo=UTC)
