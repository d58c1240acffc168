"""Rate limits that several processes share in Redis or Valkey, and what happens while it is down."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from athena_auth.host.athena import Athena
from athena_auth.settings import SettingsError, load_settings
from support.certificate import self_signed
from support.person import sign_up
from support.process import ATHENA, PATIENCE, SECRET, Server, environment, run_athena, serving
from support.valkey import ValkeyStore
from support.world import World, world_over

pytestmark = pytest.mark.slow

SIGN_IN = "/sign-in/email"
PAUSE = 3
"""Seconds that a store which did not answer is left alone."""


@pytest.fixture
def store() -> Iterator[ValkeyStore]:
    running = ValkeyStore()
    yield running
    running.kill()


@asynccontextmanager
async def limited(database_url: str, store_url: str) -> AsyncIterator[World]:
    """Run a server whose limits are counted there."""
    async with world_over(database_url, rate_limit="on", rate_limit_url=store_url) as running:
        yield running


async def ask(world: World, times: int = 1) -> list[int]:
    """Send sign-ins of no use; return the status of each answer."""
    client = await world.client()
    return [(await client.post(SIGN_IN, json={})).status_code for _ in range(times)]


async def test_processes_share_what_they_count(sqlite_url: str, store: ValkeyStore) -> None:
    async with limited(sqlite_url, store.url) as one, limited(sqlite_url, store.url) as other:
        assert set(await ask(one, 60)) | set(await ask(other, 40)) == {400}

        assert [*await ask(one), *await ask(other)] == [429, 429]
        refused = await (await one.client()).post(SIGN_IN, json={})
        assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_processes_that_count_at_the_same_time_let_no_more_through(
    sqlite_url: str, store: ValkeyStore
) -> None:
    async with limited(sqlite_url, store.url) as one, limited(sqlite_url, store.url) as other:
        # Few at a time: a store that keeps a crowd waiting for a moment is given up for a while.
        answers = await asyncio.gather(*[ask(world, 25) for world in (one, other) for _ in range(4)])

        assert sum(statuses.count(400) for statuses in answers) == 100


async def test_the_store_holds_no_more_than_it_needs_and_not_for_long(
    sqlite_url: str, store: ValkeyStore
) -> None:
    """An address is personal: it is kept for the minute that is counted."""
    async with limited(sqlite_url, store.url) as world:
        await ask(world)
    with store.client() as client:
        (key,) = client.keys("*")
        assert key.startswith("athena-auth:sign-in/127.0.0.1/")
        assert 0 < client.ttl(key) <= 60


async def test_a_store_that_dies_stops_nobody_and_each_process_counts_for_itself(
    sqlite_url: str, store: ValkeyStore
) -> None:
    async with limited(sqlite_url, store.url) as world:
        assert set(await ask(world, 50)) == {400}
        store.kill()

        assert await ask(world, 101) == [400] * 100 + [429]


async def test_the_budget_of_guesses_needs_no_store(sqlite_url: str, store: ValkeyStore) -> None:
    """What stands between a guesser and an account is counted in the database, whatever the limits do."""
    async with limited(sqlite_url, store.url) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        challenge = await ada.challenge()
        store.kill()
        for _ in range(5):
            wrong = await ada.answer(challenge, "verify-totp", code="000000")
            assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_CODE")

        locked = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert (locked.status_code, locked.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")


async def test_a_store_that_comes_back_is_shared_again(sqlite_url: str, store: ValkeyStore) -> None:
    async with limited(sqlite_url, store.url) as one, limited(sqlite_url, store.url) as other:
        await ask(one)
        store.kill()
        await ask(one)
        store.start_again()
        one.clock.advance(PAUSE)
        assert set(await ask(one, 100)) == {400}

        assert await ask(other) == [429]


async def test_a_store_that_is_not_there_at_start_stops_nobody(sqlite_url: str, store: ValkeyStore) -> None:
    store.kill()
    async with limited(sqlite_url, store.url) as world:
        ada = await sign_up(world)
        assert (await ada.sign_in()).status_code == 200

        store.start_again()
        world.clock.advance(PAUSE)
        assert (await ada.sign_in()).status_code == 200
        with store.client() as client:
            assert client.keys("*") != []


@asynccontextmanager
async def by_tls(port: int, certificate: Path) -> AsyncIterator[int]:
    """Take connections by TLS and pass on what they say to this port; yield the port they come to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(4096):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        store_reader, store_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, store_writer), pump(store_reader, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(("host", "is_believed"), [("127.0.0.1", True), ("localhost", False)])
async def test_a_store_behind_tls_must_show_a_certificate_for_its_own_name(
    sqlite_url: str, store: ValkeyStore, tmp_path: Path, host: str, *, is_believed: bool
) -> None:
    """Whoever stands in between and has a certificate for something else must not learn the store's password."""
    certificate = self_signed(tmp_path)
    async with by_tls(store.port, certificate) as port:
        url = f"rediss://{host}:{port}?ssl_ca_certs={certificate}"
        async with limited(sqlite_url, url) as world:
            assert await ask(world) == [400]
            with store.client() as client:
                assert bool(client.keys("*")) == is_believed


@asynccontextmanager
async def silent_store() -> AsyncIterator[tuple[str, list[None]]]:
    """Listen, and never answer; yield the address and one entry for each connection that came."""
    came: list[None] = []
    ended = asyncio.Event()

    async def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(None)
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", came
    finally:
        ended.set()
        server.close()
        await server.wait_closed()


async def test_a_store_that_does_not_answer_is_asked_by_one_request_and_then_left_alone(
    sqlite_url: str,
) -> None:
    """If each request waited for it, a store that hangs would make every sign-in slow."""
    async with silent_store() as (url, came), limited(sqlite_url, url) as world:
        # The client itself would wait for five seconds.
        async with asyncio.timeout(4):
            assert set(await ask(world, 20)) == {400}
        assert len(came) == 1

        world.clock.advance(PAUSE)
        assert set(await ask(world, 20)) == {400}
        assert len(came) == 2


async def test_whether_a_silent_store_is_back_one_of_many_requests_finds_out(sqlite_url: str) -> None:
    async with silent_store() as (url, came), limited(sqlite_url, url) as world:
        await ask(world)
        world.clock.advance(PAUSE)

        answers = await asyncio.gather(*[ask(world) for _ in range(30)])

        assert answers == [[400]] * 30
        assert len(came) == 2


async def test_a_flood_at_a_store_that_does_not_answer_ends_in_no_error(sqlite_url: str) -> None:
    """Nobody knows yet that it is lost: all of them wait, more than there are connections, and all are answered."""
    async with silent_store() as (url, _came), limited(sqlite_url, url) as world:
        answers = await asyncio.gather(*[ask(world) for _ in range(90)])

    assert answers == [[400]] * 90


def ask_process(server: Server, times: int) -> list[int]:
    """Send sign-ins of no use, each by a connection of its own, so that all workers have their share."""
    with httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)) as client:
        return [client.post(server.base_url + SIGN_IN, json={}).status_code for _ in range(times)]


def warnings(server: Server) -> list[str]:
    return [line for line in server.log.splitlines() if "limits.store_lost" in line]


def test_a_lost_store_is_logged_once_in_a_while_and_its_password_never(
    tmp_path: Path, store: ValkeyStore
) -> None:
    with store.client() as client:
        client.config_set("requirepass", "the right one")
    url = f"redis://:hunter2@127.0.0.1:{store.port}"
    with serving(tmp_path, rate_limit="on", rate_limit_url=url) as server:
        statuses = ask_process(server, 30)

    assert statuses == [400] * 30
    assert 1 <= len(warnings(server)) < 10
    assert "AuthenticationError" in warnings(server)[0]
    assert "hunter2" not in server.log + server.announcement


def test_workers_share_limits_by_a_store_with_a_password(
    tmp_path: Path, postgres_url: str, store: ValkeyStore
) -> None:
    with store.client() as client:
        client.config_set("requirepass", "p@ss/word")
    settings = {
        "rate_limit_url": f"redis://:p%40ss%2Fword@127.0.0.1:{store.port}/3",
        "workers": "2",
        "host": "127.0.0.1",
    }
    with serving(tmp_path, rate_limit="on", database_url=postgres_url, secret=SECRET, **settings) as server:
        statuses = ask_process(server, 130)

    assert statuses == [400] * 100 + [429] * 30
    assert warnings(server) == []


@pytest.mark.parametrize(
    "url",
    [
        "memcached://127.0.0.1",
        "redis:127.0.0.1",
        "redis://:hunter2/x@127.0.0.1",
        "redis://:hunter2#x@127.0.0.1",
        "redis://:hunter2@127.0.0.1:http",
        "redis://:hunter2@127.0.0.1/first",
        "redis://:hunter2@/0",
        "redis://:hunter2@[::1",
        "redis://:hunter2@127.0.0.1?no_such_option=hunter2",
        "redis://:hunter2@127.0.0.1?socket_timeout=hunter2",
    ],
)
def test_an_address_that_will_not_do_is_refused_without_its_password(sqlite_url: str, url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Athena(load_settings(secret=SECRET, database_url=sqlite_url, rate_limit_url=url))

    assert str(refused.value).startswith("ATHENA_RATE_LIMIT_URL: ")
    assert str(refused.value).endswith(".")
    assert "hunter2" not in str(refused.value)


def test_an_address_that_will_not_do_is_refused_at_start(tmp_path: Path) -> None:
    ended = run_athena(
        tmp_path, "serve", port="0", rate_limit_url="redis://:hunter2@127.0.0.1?no_such_option=1"
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: ATHENA_RATE_LIMIT_URL: "), ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr


def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "valkey.py"
    absent.parent.mkdir()
    absent.write_text("raise ModuleNotFoundError(__name__)\n")
    ended = subprocess.run(
        [ATHENA, "serve"],
        cwd=tmp_path,
        env=environment(port="0", rate_limit_url="redis://127.0.0.1") | {"PYTHONPATH": str(absent.parent)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "pip install '.[redis]'" in ended.stderr
