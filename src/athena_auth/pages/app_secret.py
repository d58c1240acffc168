"""The secret of a pending authenticator app, as a page shows it: a QR code, a link, and text to type."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

from markupsafe import Markup

from athena_auth import qr_code

_GROUP = 4


async def shown_secret(uri: str) -> dict[str, Any]:
    """Return the context of the template from an `otpauth` URI."""
    # In a thread: rendering takes as long as several requests.
    image = await asyncio.to_thread(qr_code.inline_svg, uri)
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    groups = [secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP)]
    return {
        "qr_code": Markup(image),  # noqa: S704 - made of squares only
        "secret": groups,
        "uri": uri,
    }
