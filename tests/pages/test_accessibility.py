"""WCAG 2.2 AA on every page and state: what axe-core finds, at the sizes, themes and directions that people use.

`make screenshots` keeps a picture of each in build/screenshots.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from support.chromium import PATIENCE_MS, chromium
from support.node import PACKAGES, require
from support.page_stage import POLICY, Stage
from support.page_states import STATES
from support.passkey_states import PASSKEY_STATES
from support.policy_states import POLICY_STATES
from support.process import Server, serving

EVERY_STATE = STATES | PASSKEY_STATES | POLICY_STATES
AXE = PACKAGES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROWEST = 320
"""CSS pixels, at which WCAG 1.4.10 allows no horizontal scrolling."""
REFUSED = frozenset({400, 401, 403, 404, 429})
EXAMINE = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
  return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require(AXE)
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "athena.db").write_bytes(sqlite_template.read_bytes())
    settings = {
        "help_url": "/help",
        "privacy_url": "/privacy",
        "sms_url": "console:",
        "recovery": "on",
        **POLICY,
    }
    with serving(folder, **settings) as running:
        yield running


@pytest.fixture
def stage(browser: Browser, server: Server) -> Iterator[Stage]:
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    yield Stage(context.new_page(), server)
    context.close()


def complaints_of(page: Page) -> list[str]:
    """Return the list of what the browser will complain about, but for the status of a page that refuses."""
    found: list[str] = []

    def note(text: str) -> None:
        if not any(f"the server responded with a status of {status}" in text for status in REFUSED):
            found.append(text)

    page.on("console", lambda message: note(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: note(str(error)))
    return found


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


@pytest.mark.parametrize("state", EVERY_STATE)
def test_a_page_can_be_used_by_everybody(stage: Stage, state: str, screenshots: Path | None) -> None:
    page = stage.page
    complaints = complaints_of(page)
    EVERY_STATE[state](stage)
    page.evaluate(AXE.read_text())

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(EXAMINE, RULES) == [], f"{scheme}, {width} px"
            if screenshots is not None:
                page.screenshot(path=screenshots / f"{state}-{scheme}-{width}.png", full_page=True)

    page.set_viewport_size({"width": NARROWEST, "height": 800})
    assert overflow(page) == 0
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert overflow(page) == 0, "right to left"
    if screenshots is not None:
        page.screenshot(path=screenshots / f"{state}-rtl-{NARROWEST}.png", full_page=True)
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.set_viewport_size({"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) == 0, "text of twice the size"
    assert complaints == []
