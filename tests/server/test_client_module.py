"""GET /client.js: the JavaScript client, from a checkout and from an installed wheel."""

import gzip
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from support.world import World, world_over

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "clients" / "javascript"
SOURCE = FOLDER / "auth-client.js"
PARTS = sorted(SOURCE.with_suffix("").glob("*.js"))
MAX_GZIPPED = 9_000
"""Of all parts together: a page loads them all."""


@pytest_asyncio.fixture
async def served(sqlite_world: World) -> httpx.Response:
    return await (await sqlite_world.client()).get("/client.js")


def test_it_is_the_npm_packages_own_file(served: httpx.Response) -> None:
    assert served.status_code == 200
    assert served.content == SOURCE.read_bytes()
    # A browser refuses to import what is not called JavaScript.
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    assert served.headers["x-content-type-options"] == "nosniff"


async def test_its_imports_lead_to_its_other_parts(sqlite_world: World, served: httpx.Response) -> None:
    client = await sqlite_world.client()
    loaded = {str(served.url.path): served}
    found = [served]
    while found:
        module = found.pop()
        for imported in re.findall(r'^(?:import|export) .* from "(.+)";$', module.text, re.MULTILINE):
            url = module.url.join(imported)
            if url.path not in loaded:
                found.append(await client.get(str(url)))
                loaded[url.path] = found[-1]

    assert {module.status_code for module in loaded.values()} == {200}
    parts = {path: module.content for path, module in loaded.items() if module is not served}
    assert parts == {f"/api/auth/auth-client/{part.name}": part.read_bytes() for part in PARTS}
    assert {module.headers["content-type"] for module in loaded.values()} == {served.headers["content-type"]}


def test_it_is_small() -> None:
    assert sum(len(gzip.compress(part.read_bytes())) for part in (SOURCE, *PARTS)) < MAX_GZIPPED


async def test_its_types_are_for_compilers_and_not_served(sqlite_world: World) -> None:
    client = await sqlite_world.client()

    assert (await client.get("/auth-client/errors.d.ts")).status_code == 404


@pytest.mark.parametrize("seen", ["{}", "W/{}", '"older", {}'])
async def test_a_browser_that_has_it_is_sent_nothing(
    sqlite_world: World, served: httpx.Response, seen: str
) -> None:
    tag = served.headers["etag"]
    client = await sqlite_world.client()

    again = await client.get("/client.js", headers={"if-none-match": seen.format(tag)})

    assert served.headers["cache-control"] == again.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert "content-length" not in again.headers


async def test_a_browser_that_has_another_version_is_sent_this_one(
    sqlite_world: World, served: httpx.Response
) -> None:
    client = await sqlite_world.client()

    again = await client.get("/client.js", headers={"if-none-match": '"older"'})

    assert (again.status_code, again.content) == (200, served.content)


async def test_answers_that_hold_secrets_are_kept_by_nobody(sqlite_world: World) -> None:
    client = await sqlite_world.client()

    for path in ("/get-session", "/reset-password", "/nothing-here"):
        answer = await client.get(path, headers={"if-none-match": "*"})
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.status_code != 304, path


async def test_trusted_front_ends_may_import_it_and_strangers_may_not(sqlite_url: str) -> None:
    front_end = "https://app.example.com"
    async with world_over(sqlite_url, trusted_origins=front_end) as world:
        client = await world.client()
        allowed = [
            (await client.get(path, headers={"origin": origin})).headers.get("access-control-allow-origin")
            for path in ("/client.js", "/auth-client/errors.js")
            for origin in (front_end, "https://stranger.example")
        ]

    assert allowed == [front_end, None] * 2


def test_a_wheel_holds_it(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        held = [archive.read(f"athena_auth/server/{part.relative_to(FOLDER)}") for part in (SOURCE, *PARTS)]

    assert held == [part.read_bytes() for part in (SOURCE, *PARTS)]
