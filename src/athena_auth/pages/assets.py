"""The files that pages load: the stylesheets, the module and the logo. Each name has a hash, so it never changes."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import msgspec

from athena_auth.pages.theme import theme_css
from athena_auth.settings import Settings, SettingsError

_FOLDER = files("athena_auth.pages").joinpath("assets")
_CSS, _MODULE = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
_LOGO_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_MOST_BYTES = 1_048_576
"""The largest logo or stylesheet; it is kept in memory."""


class Asset(msgspec.Struct, frozen=True):
    """A file. `digest` is in its name and its entity tag."""

    content: bytes
    content_type: str
    digest: str


class Assets(msgspec.Struct, frozen=True):
    """The files of one server.

    Attributes:
        by_name: The files by the names that URLs have, with the hash.
        names: Those names, by the short names that templates use.
    """

    by_name: dict[str, Asset]
    names: dict[str, str]


def assets_of(settings: Settings) -> Assets:
    """Return the files of a server with these settings.

    Raises:
        SettingsError: the logo or the stylesheet cannot be read.
    """
    found = {
        "pages.css": (_own("pages.css"), _CSS),
        "pages.js": (_own("pages.js"), _MODULE),
        "passkeys.js": (_own("passkeys.js"), _MODULE),
        "icon.svg": (_own("icon.svg"), _LOGO_TYPES[".svg"]),
    }
    if settings.accent_color is not None:
        found["theme.css"] = (theme_css(settings.accent_color).encode(), _CSS)
    if settings.stylesheet is not None:
        found["custom.css"] = (_read(settings.stylesheet, "ATHENA_STYLESHEET"), _CSS)
    if settings.logo is not None:
        content_type = _LOGO_TYPES.get(settings.logo.suffix.lower())
        if content_type is None:
            raise SettingsError(f"ATHENA_LOGO: its name must end in one of {', '.join(_LOGO_TYPES)}.")
        found["logo"] = (_read(settings.logo, "ATHENA_LOGO"), content_type)
    by_name, names = {}, {}
    for name, (content, content_type) in found.items():
        digest = sha256(content).hexdigest()[:16]
        stem, dot, suffix = name.partition(".")
        names[name] = f"{stem}.{digest}{dot}{suffix}"
        by_name[names[name]] = Asset(content, content_type, digest)
    return Assets(by_name, names)


@cache
def _own(name: str) -> bytes:
    return _FOLDER.joinpath(name).read_bytes()


def _read(path: Path, setting: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{setting}: {path.absolute()} cannot be read: {error.strerror}.") from None
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"{setting}: {path.absolute()} is larger than 1 MiB.")
    return content
