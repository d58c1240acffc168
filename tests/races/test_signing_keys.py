"""Two servers that need a signing key at the same moment make one."""

import asyncio

from support.dump import fetch_all
from support.person import sign_up
from support.world import World

KEYS = "SELECT number FROM athena_signing_key ORDER BY number"


async def test_the_first_key_is_made_once(worlds: tuple[World, World], postgres_url: str) -> None:
    one, other = worlds
    ada = await sign_up(one)
    clients = [ada.client, await other.bearer(ada.token), await one.client(), await other.client()]

    answers = await asyncio.gather(
        *(client.get(path) for client, path in zip(clients, ["/token"] * 2 + ["/jwks"] * 2, strict=True))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await fetch_all(postgres_url, KEYS) == [(1,)]
    assert answers[2].json() == answers[3].json()


async def test_a_process_whose_clock_is_behind_signs_with_the_key_that_another_has_just_made(
    worlds: tuple[World, World],
) -> None:
    ahead, behind = worlds
    ada = await sign_up(ahead)
    bearer = await behind.bearer(ada.token)
    ahead.clock.advance(2)

    answers = [await ada.client.get("/token"), await bearer.get("/token")]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_successor_is_made_once(worlds: tuple[World, World], postgres_url: str) -> None:
    await (await worlds[0].client()).get("/jwks")
    for world in worlds:
        world.clock.advance(91 * 86_400)

    answers = await asyncio.gather(*[(await world.client()).get("/jwks") for world in worlds])

    assert await fetch_all(postgres_url, KEYS) == [(1,), (2,)]
    assert [len(answer.json()["keys"]) for answer in answers] == [2, 2]
