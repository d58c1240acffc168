"""A real browser: Debian's Chromium under Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 30_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser; fail with the command that installs it if it is missing."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, "These tests drive a real browser; on Debian: apt-get install -y chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, timeout=PATIENCE_MS)
        yield browser
        browser.close()
