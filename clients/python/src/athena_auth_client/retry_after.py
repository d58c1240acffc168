"""The header `Retry-After` (RFC 9110 section 10.2.3)."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

_SECONDS = re.compile(r"[0-9]{1,9}")
# The three forms of section 5.6.7. The parser alone takes more for a date than that.
_HTTP_DATE = re.compile(
    r"""[A-Z][a-z]{2,8},[ ][0-9]{2}(?:[ ][A-Z][a-z]{2}[ ][0-9]{4}|-[A-Z][a-z]{2}-[0-9]{2})[ ][0-9:]{8}[ ]GMT
    | [A-Z][a-z]{2}[ ][A-Z][a-z]{2}[ ][ 0-9][0-9][ ][0-9:]{8}[ ][0-9]{4}""",
    re.VERBOSE,
)


def retry_after(response: httpx.Response) -> int | None:
    """Return the seconds to wait: as they are written, or until the date that is; None when it is neither."""
    text: str = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return int(text)
    until = _date(text)
    if until is None:
        return None
    # By the clock that wrote the date, where the answer says what it shows: this one may be wrong.
    now = _date(response.headers.get("date", "")) or datetime.now(UTC)  # noqa: TID251 - the server's clock module is not the SDK's
    return max(0, math.ceil((until - now).total_seconds()))


def _date(text: str) -> datetime | None:
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    # The form without a zone is in UTC too.
    return parsed.replace(tzinfo=UTC)
