"""GET /client.js: the JavaScript client, from a checkout and from an installed wheel."""

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from support.world import World, world_over

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "clients" / "javascript" / "auth-client.js"
MAX_GZIPPED = 6_000


@pytest_asyncio.fixture
async def served(sqlite_world: World) -> httpx.Response:
    return await (await sqlite_world.client()).get("/client.js")


def test_it_is_the_npm_packages_own_file(served: httpx.Response) -> None:
    assert served.status_code == 200
    assert served.content == SOURCE.read_bytes()
    # A browser refuses to import what is not called JavaScript.
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    assert served.headers["x-content-type-options"] == "nosniff"


def test_it_is_small(served: httpx.Response) -> None:
    assert len(gzip.compress(served.content)) < MAX_GZIPPED


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
            (await client.get("/client.js", headers={"origin": origin})).headers.get(
                "access-control-allow-origin"
            )
            for origin in (front_end, "https://stranger.example")
        ]

    assert allowed == [front_end, None]


def test_a_wheel_holds_it(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as archive:
        held = archive.read("athena_auth/server/auth-client.js")

    assert held == SOURCE.read_bytes()
