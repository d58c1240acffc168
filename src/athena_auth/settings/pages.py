"""The settings of the pages."""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from athena_auth.settings.addresses import parse_pages_path
from athena_auth.settings.sources import SettingsSources
from athena_auth.settings.values import OnOff

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def _check_color(value: str) -> str:
    if _COLOR.fullmatch(value) is None:
        raise ValueError("a colour must look like #1f4fbf")
    return value


def _check_link(value: str) -> str:
    is_path = value.startswith("/") and not value.startswith("//")
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    is_mail = parts.scheme == "mailto" and "@" in parts.path
    if not value.isprintable() or not (is_path or is_web or is_mail):
        raise ValueError("a link must look like https://example.com/help, /help or mailto:help@example.com")
    return value


PageLink = Annotated[str, AfterValidator(_check_link)]


class PageSettings(SettingsSources):
    """Whether there are pages, and what they look like."""

    pages: OnOff = Field(
        "on",
        description="Serve pages for sign-in and account security beside the API. If off, only the pages that mails link to "
        "are served, below /api/auth. A host application mounts them by itself.",
    )
    pages_path: Annotated[str, AfterValidator(parse_pages_path)] = Field(
        "/", description="The path of the pages, below that of ATHENA_BASE_URL, such as /account."
    )
    accent_color: Annotated[str, AfterValidator(_check_color)] | None = Field(
        None,
        description="The colour of buttons and links on the pages, as #rrggbb; it is made darker or lighter where it would be "
        "hard to read.",
    )
    logo: Path | None = Field(
        None, description="A file with the logo to show above the pages: SVG, PNG, WebP or JPEG."
    )
    help_url: PageLink | None = Field(None, description="Where users get help; the pages link to it.")
    privacy_url: PageLink | None = Field(None, description="The privacy policy; the pages link to it.")
    stylesheet: Path | None = Field(
        None, description="A stylesheet that the pages load after their own, to change what they look like."
    )
    templates: Path | None = Field(
        None,
        description="A folder with templates that replace those of the pages one by one, by their file names.",
    )
