"""The pages in an application that mounts them."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from athena_auth.host.athena import Athena
from support.world import SECRET

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "pages.md"
ORIGIN = "http://localhost:3001"


async def read(app: Any, athena: Athena, path: str) -> httpx.Response:
    async with athena.lifespan():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await client.get(path, headers={"accept": "text/html"})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATHENA_SECRET", SECRET)


@pytest.mark.parametrize(("path", "status"), [("/account/sign-in", 200), ("/account/nowhere", 404)])
async def test_the_how_to_mounts_the_pages(path: str, status: int) -> None:
    [snippet] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    shown: dict[str, Any] = {}
    exec(snippet, shown)  # noqa: S102 - it is what a reader runs

    answer = await read(shown["app"], shown["athena"], path)

    assert answer.status_code == status
    assert '"/account/' in answer.text


@pytest.mark.parametrize(
    ("path", "begins"), [("/account/sign-in", "<!doctype html>"), ("/accounts", "host"), ("/", "host")]
)
async def test_a_wrapped_application_keeps_every_other_path(
    monkeypatch: pytest.MonkeyPatch, path: str, begins: str
) -> None:
    async def host(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("host")

    monkeypatch.setenv("ATHENA_PAGES_PATH", "/account")
    athena = Athena(pages=True)

    answer = await read(athena.wrap(Starlette(routes=[Route("/{path:path}", host)])), athena, path)

    assert answer.text.startswith(begins)
