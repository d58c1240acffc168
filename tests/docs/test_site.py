"""The documentation site: built from every page, without broken links, without external resources."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread
from typing import Any

import pytest

from support.chromium import chromium
from support.process import ATHENA

ROOT = Path(__file__).parents[2]
ZENSICAL = Path(ATHENA).with_name("zensical")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_message: object) -> None:
        pass


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    copytree(ROOT / "docs", folder / "docs")
    (folder / "zensical.toml").write_bytes((ROOT / "zensical.toml").read_bytes())
    return run_in(folder)


def run_in(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(ZENSICAL), "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def listed(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        for place in entry.values():
            yield from listed(place) if isinstance(place, list) else [place]


def test_every_page_is_in_the_navigation_once() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    pages = [str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(listed(navigation)) == sorted(pages)


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    assert build(tmp_path).returncode == 0
    with (tmp_path / "docs" / "tutorial.md").open("a") as tutorial:
        tutorial.write("\n[nowhere](nowhere.md)\n")
    assert run_in(tmp_path).returncode != 0


def test_anchors_lead_somewhere(site: Path) -> None:
    broken = []
    for page in site.rglob("*.html"):
        for target, anchor in re.findall(r'href="([^":#]*)#([^"]+)"', page.read_text()):
            other = (page.parent / target).resolve() if target else page
            if other.suffix == ".html" and f'id="{anchor}"' not in other.read_text():
                broken.append(f"{page.name}: {target}#{anchor}")
    assert broken == []


def test_no_page_is_wider_than_a_phone(site: Path, address: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 360, "height": 640})
        wide = []
        for path in sorted(site.rglob("*.html")):
            page.goto(f"{address}/{path.relative_to(site)}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(path.name)
    assert wide == []


def test_it_opens_and_finds_without_asking_anybody_else(site: Path, address: str) -> None:
    pages = [str(path.relative_to(site)) for path in site.rglob("*.html") if path.name != "404.html"]
    asked: list[str] = []
    complaints: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        for name in pages:
            page.goto(f"{address}/{name}")
        page.goto(f"{address}/index.html")
        page.keyboard.press("/")
        page.keyboard.type("ENROLMENT_REQUIRED")
        page.get_by_role("link", name=re.compile("Errors|Mount")).first.wait_for()
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
