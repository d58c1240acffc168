"""The pages that links in mails lead to, unless the application has pages of its own.

A page is the same for every user: its script reads the token from the address and calls the API.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from athena_auth.server.route_table import StaticPage

_FOLDER = files("athena_auth.server").joinpath("pages")


class _Texts(NamedTuple):
    title: str
    label: str
    autocomplete: str
    hint: str
    button: str


_TEXTS = {
    "reset_password": _Texts(
        "Choose a new password",
        "New password",
        "new-password",
        "8 to 128 characters; a few unrelated words are best. You will be signed out everywhere.",
        "Set the password",
    ),
    "verify_email": _Texts(
        "Confirm your email address",
        "Password of your account",
        "current-password",
        "This address is confirmed only together with the password of the account it belongs to. If you have no "
        "account here, close this page.",
        "Confirm the address",
    ),
    "recognize_browser": _Texts(
        "Allow this browser to sign in",
        "Password of your account",
        "current-password",
        "Sign-in is blocked after too many failed attempts, except in browsers that have signed in before.",
        "Allow this browser",
    ),
}


@cache
def link_page(name: str) -> StaticPage:
    """Return one of the pages: `reset_password`, `verify_email` or `recognize_browser`."""
    style, script = _read("style.css"), _read("common.js") + _read(f"{name}.js")
    html = _read("layout.html")
    for field, text in {**_TEXTS[name]._asdict(), "style": style, "script": script}.items():
        html = html.replace(f"{{{{ {field} }}}}", text)
    # Only the page's own script may run: an injected one could read the token.
    policy = (
        f"default-src 'none'; script-src 'sha256-{_hash(script)}'; style-src 'sha256-{_hash(style)}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = [(b"content-security-policy", policy.encode()), (b"vary", b"accept")]
    return StaticPage(html.encode(), b"text/html; charset=utf-8", headers)


def _read(name: str) -> str:
    return _FOLDER.joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
