"""A host starts and stops the server many times with one `Athena` object, as its tests do."""

import asyncio
import contextlib
import logging

import httpx
import pytest

from athena_auth import Athena, AuthEvent, RefusedError, load_settings
from support.hosts import open_websocket
from support.person import PASSWORD
from support.world import ORIGIN, SECRET


def athena_over(database_url: str) -> Athena:
    settings = load_settings(secret=SECRET, database_url=database_url, rate_limit="off")
    return Athena(settings, migrates=False)


def client_of(athena: Athena) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(athena.asgi), base_url=ORIGIN)


def test_the_same_object_runs_again_and_on_another_loop(database_url: str) -> None:
    athena = athena_over(database_url)
    told: list[str] = []

    @athena.on("operator:account:created")
    async def tell(event: AuthEvent) -> None:
        told.append(event.name)

    async def once(number: int) -> None:
        async with athena.lifespan(), client_of(athena) as client:
            user = await athena.users.create(email=f"ada{number}@example.com", name="Ada", password=PASSWORD)
            credentials = {"email": user.email, "password": PASSWORD}
            signed_in = await client.post("/sign-in/email", json=credentials)
            assert signed_in.status_code == 200, signed_in.text
            client.headers["authorization"] = f"Bearer {signed_in.json()['token']}"
            assert (await client.get("/get-session")).json()["user"]["id"] == user.id

    for number in range(12):
        asyncio.run(once(number))

    assert told == ["operator:account:created"] * 12


async def test_before_the_start_and_after_the_stop_it_says_what_is_missing(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    athena = athena_over(sqlite_url)

    async def answers() -> int:
        async with client_of(athena) as client:
            authorization = {"authorization": "Bearer of-somebody"}
            return (await client.get("/get-session", headers=authorization)).status_code

    assert await answers() == 503
    async with athena.lifespan():
        assert await answers() == 200
    assert await answers() == 503
    with pytest.raises(RefusedError, match="unavailable") as refused:
        await athena.users.find("ada@example.com")
    assert refused.value.code == "SERVICE_UNAVAILABLE"
    assert caplog.text.count("run the server's lifespan in that of the application") == 2


async def test_the_host_decides_what_is_logged(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    athena = athena_over(sqlite_url)
    async with athena.lifespan(), client_of(athena) as client:
        with caplog.at_level(logging.WARNING, "athena_auth"):
            await client.get("/ok")
        with caplog.at_level(logging.INFO, "athena_auth"):
            await client.get("/get-session")

    requests = [record for record in caplog.records if "event=request" in record.message]
    assert [record.name for record in requests] == ["athena_auth.server.edge"]
    assert requests[0].levelno == logging.INFO
    assert "path=/get-session status=200" in requests[0].message


async def test_a_stop_comes_to_an_end_and_nothing_starts_twice(sqlite_url: str) -> None:
    athena = athena_over(sqlite_url)
    await athena.stop()
    async with athena.lifespan():
        with pytest.raises(RuntimeError, match="one lifespan only"):
            await athena.start()
        await athena.users.create(email="ada@example.com", name="Ada", password=PASSWORD)

    with pytest.raises(RefusedError) as refused:
        await athena.users.create(email="grace@example.com", name="Grace", password=PASSWORD)

    assert refused.value.code == "SERVICE_UNAVAILABLE"


@pytest.mark.slow
async def test_subscribers_cannot_keep_it_from_stopping(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    athena = athena_over(sqlite_url)
    freed = asyncio.Event()
    told: list[str] = []

    @athena.on("operator:*")
    async def never_ends(_event: AuthEvent) -> None:
        while not freed.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await freed.wait()

    @athena.on("operator:*")
    async def hears(event: AuthEvent) -> str:
        told.append(event.name)
        return "of no interest"

    async with athena.lifespan():
        await athena.users.create(email="ada@example.com", name="Ada")

    assert told == ["operator:account:created"]
    assert "event=subscriber.stuck subscribers=1" in caplog.text
    async with athena.lifespan():
        assert await athena.users.find("ada@example.com")
    freed.set()


async def test_a_subscriber_may_come_from_another_thread(sqlite_url: str) -> None:
    athena, told = athena_over(sqlite_url), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def hear(_event: AuthEvent) -> None:
        loop.call_soon_threadsafe(told.set)

    async with athena.lifespan():
        await asyncio.to_thread(athena.on("operator:*"), hear)
        await athena.users.create(email="ada@example.com", name="Ada")
        await asyncio.wait_for(told.wait(), 10)


async def test_a_web_socket_to_the_mount_is_closed(sqlite_url: str) -> None:
    sent = await open_websocket(athena_over(sqlite_url).asgi, "/get-session")

    assert [message["type"] for message in sent] == ["websocket.close"]
