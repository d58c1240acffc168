"""The pages in a real browser, in languages with long words and from right to left."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from support.catalogues import from_right_to_left, write_complete_catalogue
from support.chromium import PATIENCE_MS
from support.page_stage import Stage
from support.process import Server, serving

PUBLIC = ("/sign-in", "/sign-up", "/forgot-password", "/check-mail")
PATHS = (
    "/security",
    "/security/authenticator",
    "/security/backup-codes",
    "/security/otp",
    "/security/devices",
    "/security/sessions",
    "/security/events",
    "/security/password",
    "/security/disable",
    "/security/delete",
)
CLIPPED = """() => [...document.querySelectorAll("body *:not(input, svg *)")]
  .filter((each) => each.clientWidth && each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
  .map((each) => `${each.localName}: ${each.textContent.trim()}`)"""


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "athena.db").write_bytes(sqlite_template.read_bytes())
    texts = tmp_path_factory.mktemp("texts")
    write_complete_catalogue(texts, "ar", from_right_to_left)
    with serving(folder, texts=str(texts), help_url="/help", privacy_url="/privacy") as running:
        yield running


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def examine(stage: Stage, path: str, code: str) -> None:
    """Open a page on narrow screens. At 320 px, WCAG 1.4.10 allows no horizontal scrolling."""
    page = stage.page
    stage.open(path)
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert (page.get_attribute("html", "lang"), page.url) == (code, stage.site + path)
        assert page.get_attribute("html", "dir") == ("rtl" if code == "ar" else "ltr")
        assert (overflow(page), page.evaluate(CLIPPED)) == (0, []), f"{path} at {width} px"


@pytest.mark.parametrize("code", ["de", "es", "fr", "ar"])
def test_every_word_has_room(browser: Browser, server: Server, code: str) -> None:
    context = browser.new_context(locale=code)
    context.set_default_timeout(PATIENCE_MS)
    stage = Stage(context.new_page(), server)
    for path in PUBLIC:
        examine(stage, path, code)
    stage.enrol()
    for path in PATHS:
        examine(stage, path, code)
    context.close()
