"""The documents that browsers and password managers look for at the root of the host."""

from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from support.world import ORIGIN, World, world_over

FRONT_END = "https://app.example.com"


async def test_they_name_the_related_origins_and_the_page_of_passkeys(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_origins=(FRONT_END,)) as world:
        visitor = await world.visitor()
        origins = await visitor.get("/.well-known/webauthn")
        endpoints = await visitor.get("/.well-known/passkey-endpoints")
        refused = await visitor.post("/.well-known/webauthn")

    page = f"{ORIGIN}/security/passkeys"
    assert origins.headers["content-type"] == "application/json"
    assert origins.json() == {"origins": [ORIGIN, FRONT_END]}
    assert endpoints.json() == {"enroll": page, "manage": page}
    assert refused.status_code == 405


async def test_a_host_application_mounts_them(sqlite_world: World) -> None:
    app = Starlette(routes=[Mount("/.well-known", app=sqlite_world.athena.well_known)])

    async def get(path: str) -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
            return await client.get(path)

    assert (await get("/.well-known/webauthn")).json() == {"origins": [ORIGIN]}
    assert (await get("/.well-known/other")).status_code == 404


async def test_without_pages_there_is_no_page_of_passkeys(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages="off") as world:
        missing = await (await world.visitor()).get("/.well-known/passkey-endpoints")

    assert missing.status_code == 404
