"""`/ready` reports whether a process can serve; `/ok` only that it runs."""

import asyncio
import logging

import asyncpg
import pytest

from support.silence import silent_proxy
from support.world import World, world_over

AGED = "UPDATE athena_schema_version SET version_num = '0001'"


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def test_a_server_that_can_serve_is_ready(world: World) -> None:
    answer = await (await world.client()).get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


async def test_a_database_that_has_vanished_is_said_within_the_patience_of_a_probe(postgres_url: str) -> None:
    """Every request was refused, and `/ok` said 200: no load balancer looked elsewhere."""
    async with silent_proxy(postgres_url) as (proxy, url), world_over(url, database_timeout=1) as world:
        client = await world.client()
        proxy.fall_silent()
        async with asyncio.timeout(10):
            answer = await client.get("/ready")

        assert answer.status_code == 503
        assert answer.json()["message"] == "The database cannot be used."
        assert answer.headers["retry-after"] == "1"
        assert (await client.get("/ok")).status_code == 200
        await asyncio.sleep(1.1)
        assert (await client.get("/ready")).status_code == 200, "the network is back, and so is the server"


async def test_a_schema_that_is_too_old_is_named(postgres_url: str) -> None:
    async with world_over(postgres_url) as world:
        await execute(postgres_url, AGED)
        answer = await (await world.client()).get("/ready")
        assert answer.status_code == 503
        assert "athena-auth migrate" in answer.json()["message"]


async def test_an_answer_counts_for_a_second(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A hundred probes, or an attacker who found the path, ask the database once."""
    caplog.set_level(logging.INFO, "athena_auth")
    async with world_over(postgres_url) as world:
        client = await world.client()
        await execute(postgres_url, AGED)
        answers = await asyncio.gather(*(client.get("/ready") for _ in range(100)))

        assert {answer.status_code for answer in answers} == {503}
        assert caplog.text.count("ready.not") <= 2, "twice, where a second ended meanwhile"
        assert "athena" not in answers[0].json()["message"].replace("athena-auth migrate", "")
