"""Runs the code that the pages show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from athena_auth.settings import PREFIX, RENAMED, Settings
from support.examples import application_serving, copy_example, run_commands_in, run_tests
from support.node import PACKAGES, ROOT, node, require

DOCS = ROOT / "docs"
OF_CLIENTS = {"ATHENA_AUTH_BASE_URL", "ATHENA_AUTH_TOKEN"}
# Runs the snippets of a page one after the other, as one module; then asks each application that one of them has
# made, signed out, for the account.
READER = """
import asyncio, sys, django.conf, httpx
django.conf.settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="of the reader", ROOT_URLCONF=())
shown = globals()
apps = []
for snippet in sys.stdin.read().split("\\0"):
    exec(snippet, shown)
    if shown.get("app") is not None:
        apps.append((shown.pop("app"), athena))

async def ask(app, athena):
    async with athena.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host") as host:
        globals()["athena"] = athena
        print((await host.get("/account")).text, (await host.get("/api/auth/ok")).text)
        await help_a_user_who_lost_their_phone("nobody@example.com")

for app, athena in apps:
    asyncio.run(ask(app, athena))
"""
REFUSED = '{"message":"You are not signed in. Sign in first.","code":"UNAUTHORIZED"} {"ok":true}'


def snippets(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def test_every_page_with_python_is_run_here_or_in_other_tests() -> None:
    """Those of the SDK run its own page, and those of the verifiers that on tokens."""
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if "```python\n" in page.read_text()}
    assert pages == {
        "tutorial.md",
        "how-to/add-a-factor.md",
        "how-to/mount.md",
        "how-to/pages.md",
        "how-to/test.md",
        "how-to/verify-a-token.md",
        "python-sdk.md",
    }


def test_the_page_on_factors_shows_the_one_that_is_tested() -> None:
    factor, _ = snippets("how-to/add-a-factor.md", "python")

    assert factor == (ROOT / "tests/support/key_fob.py").read_text()


def test_every_page_with_calls_by_curl_is_walked_here() -> None:
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert {page for page in pages if any("curl " in snippet for snippet in snippets(page, "sh"))} == {
        "tutorial.md"
    }


def test_an_application_is_mounted_as_the_page_says(tmp_path: Path) -> None:
    read = subprocess.run(
        [sys.executable, "-W", "error", "-c", READER],
        input="\0".join(snippets("how-to/mount.md", "python")),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert read.returncode == 0, read.stderr
    assert read.stdout.splitlines() == [REFUSED] * 3


def test_applications_are_tested_as_the_page_says(tmp_path: Path) -> None:
    fastapi, asynchronous, django, litestar, factory = snippets("how-to/test.md", "python")
    for name, shown in {
        "fastapi-shop": {"test_page.py": fastapi, "test_async.py": asynchronous, "test_factory.py": factory},
        "django": {"shop/test_page.py": django},
        "litestar": {"test_page.py": litestar},
    }.items():
        folder = copy_example(name, tmp_path)
        for file_name, snippet in shown.items():
            (folder / file_name).write_text(snippet)
        run_tests(folder, *shown)


def test_the_tutorial_happens_as_it_is_written(tmp_path: Path) -> None:
    tutorial = (DOCS / "tutorial.md").read_text()
    assert "\nuvicorn bank:app --port 3001\n" in tutorial
    [bank] = snippets("tutorial.md", "python")
    (tmp_path / "bank.py").write_text(bank)
    with application_serving("bank:app", tmp_path, tmp_path) as address:
        run_commands_in(tutorial, address)
    assert (tmp_path / "athena.db").exists()


@pytest.mark.parametrize("number", range(4))
def test_the_module_snippets_are_javascript(number: int, tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.mjs"
    snippet.write_text(snippets("how-to/front-end.md", "js")[number])
    checked = node("--check", snippet)
    assert checked.returncode == 0, checked.stderr


def test_the_other_client_is_set_up_as_the_page_says(tmp_path: Path) -> None:
    require(PACKAGES)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    [snippet] = snippets("how-to/front-end.md", "ts")
    (tmp_path / "auth.ts").write_text(snippet)
    options = "--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler"
    compiled = node(PACKAGES / "typescript/bin/tsc", *options.split(), "auth.ts", folder=tmp_path)
    assert compiled.returncode == 0, compiled.stdout


def test_every_setting_a_page_names_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OF_CLIENTS | set(RENAMED)
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("examples/**/*.md")]:
        named = set(re.findall(r"\bATHENA_[A-Z_]+[A-Z]\b", page.read_text()))
        assert named <= known, page.name
