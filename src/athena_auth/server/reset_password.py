"""The page that the link of a password reset leads to when no front end takes its place."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from athena_auth.server.edge import StaticPage

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def reset_password_page() -> StaticPage:
    """Return the page. It is the same for everybody: its own script finds the token in the address."""
    html = files("athena_auth.server").joinpath("reset_password.html").read_text("utf-8")
    # Nothing but what stands in the file may run: whatever else got into the page could read the token.
    hashes = {
        kind: b64encode(sha256(text.encode()).digest()).decode() for kind, text in _INLINE.findall(html)
    }
    policy = (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return StaticPage(
        html.encode(), b"text/html; charset=utf-8", [(b"content-security-policy", policy.encode())]
    )
