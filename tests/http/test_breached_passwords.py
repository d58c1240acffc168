"""Passwords in known breaches: refused where they are set, and notified of at sign-in."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from athena_auth.accounts.breaches.check import BreachCheck
from athena_auth.accounts.breaches.range_query import RangeQuerySource
from athena_auth.delivery.model import MessageKind
from athena_auth.host.errors import RefusedError
from athena_auth.kernel.log import Facts, observe
from athena_auth.settings import SettingsError
from support.dump import fetch_all
from support.links import reset_token
from support.person import PASSWORD, sign_up
from support.process import PATIENCE
from support.range_server import Answer, RangeServer, http, range_server, sha1_of
from support.world import World, world_over

BREACHED, FINE = "letmein and other stories", "a sentence nobody else has"
COMPROMISED = (400, "PASSWORD_COMPROMISED")
EVENTS = "SELECT user_id FROM athena_audit WHERE event = 'account:password:breached'"


def status_of(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def file_of(folder: Path, *passwords: str) -> Path:
    path = folder / "hashes.txt"
    path.write_text("".join(f"{sha1}:7\n" for sha1 in sorted(map(sha1_of, passwords))))
    return path


@pytest_asyncio.fixture
async def guarded(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Run a server that knows a breached password."""
    async with world_over(database_url, breached_passwords_file=file_of(tmp_path, BREACHED, "x")) as world:
        yield world


async def test_it_is_refused_wherever_a_password_is_set(guarded: World) -> None:
    client = await guarded.client()
    body = {"email": "eve@example.com", "name": "Eve", "password": BREACHED}
    assert status_of(await client.post("/sign-up/email", json=body)) == COMPROMISED
    full_width = "".join(chr(ord(letter) + 0xFEE0) if letter != " " else letter for letter in BREACHED)
    same = await client.post("/sign-up/email", json={**body, "password": full_width})
    assert status_of(same) == COMPROMISED, "the same password, as it is normalised (NFKC)"
    with pytest.raises(RefusedError, match="data breach"):
        await guarded.athena.users.create(email="eve@example.com", name="Eve", password=BREACHED)
    assert await fetch_all(guarded.database_url, "SELECT id FROM athena_account") == []

    ada = await sign_up(guarded)
    assert status_of(await ada.change_password(BREACHED)) == COMPROMISED
    token = await reset_token(guarded, ada.email)
    reset = {"token": token, "newPassword": BREACHED}
    assert status_of(await client.post("/reset-password", json=reset)) == COMPROMISED

    again = await client.post("/reset-password", json={**reset, "newPassword": FINE})
    assert again.status_code == 200, "the link is still valid"


async def test_the_owner_is_notified_once_for_each_password(guarded: World, tmp_path: Path) -> None:
    ada = await sign_up(guarded)
    file_of(tmp_path, PASSWORD, FINE, "x")

    assert (await ada.sign_in()).json().keys() == {"redirect", "token", "user"}
    mail = await guarded.mailbox.message_for(ada.email, MessageKind.PASSWORD_BREACHED)
    assert mail.url is None
    await asyncio.gather(*(ada.sign_in() for _ in range(3)))
    file_of(tmp_path, "x")
    await ada.change_password(FINE)
    file_of(tmp_path, PASSWORD, FINE)
    await ada.sign_in()
    await guarded.mailbox.message_for(ada.email, MessageKind.PASSWORD_BREACHED)
    await ada.sign_in()
    await guarded.athena.stop()

    assert len(await fetch_all(guarded.database_url, EVENTS)) == 2


async def test_a_challenge_is_enough_and_a_wrong_password_is_not(guarded: World, tmp_path: Path) -> None:
    ada = await sign_up(guarded)
    await ada.turn_on_totp()
    file_of(tmp_path, PASSWORD, "wrong")
    ada.password = "wrong"
    assert (await ada.sign_in()).status_code == 401
    assert await fetch_all(guarded.database_url, EVENTS) == []

    ada.password = PASSWORD
    await ada.challenge()

    await guarded.mailbox.message_for(ada.email, MessageKind.PASSWORD_BREACHED)


async def test_the_security_page_says_so_until_the_password_is_changed(
    guarded: World, tmp_path: Path
) -> None:
    ada = await sign_up(guarded)
    file_of(tmp_path, PASSWORD, "x")
    visitor = await guarded.visitor()
    await ada.sign_in()
    await guarded.mailbox.message_for(ada.email, MessageKind.PASSWORD_BREACHED)
    form = {"email": ada.email, "password": PASSWORD}
    await visitor.post("/sign-in", data=form)

    assert "has appeared in a data breach" in (await visitor.get("/security")).text
    await ada.change_password(FINE)
    await visitor.post("/sign-in", data={**form, "password": FINE})
    page = (await visitor.get("/security")).text
    assert "has appeared in a data breach" not in page
    assert ada.email in page


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "it cannot be read"),
        ("", "the file is empty"),
        ("letmein\n", "a line is not a hash"),
        (f"{'B' * 40}\n{'A' * 40}\n", "not in ascending order"),
    ],
)
async def test_a_file_that_cannot_be_used_stops_the_start(
    sqlite_url: str, tmp_path: Path, content: str | None, reason: str
) -> None:
    path = tmp_path / "hashes.txt"
    if content is not None:
        path.write_text(content)

    with pytest.raises(SettingsError, match=f"ATHENA_BREACHED_PASSWORDS_FILE: .*{reason}"):
        async with world_over(sqlite_url, breached_passwords_file=path):
            pass


async def test_a_file_that_vanishes_stops_no_sign_up(sqlite_url: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, PASSWORD)
    async with world_over(sqlite_url, breached_passwords_file=path) as world:
        path.unlink()

        ada = await sign_up(world)

        assert (await ada.session())["user"]["email"] == ada.email


async def test_a_range_query_gets_five_digits_and_asks_for_padding(sqlite_url: str) -> None:
    async with (
        range_server() as server,
        world_over(sqlite_url, breached_passwords_url=server.url[:-1]) as world,
    ):
        server.breached.add(BREACHED)
        client = await world.client()
        body = {"email": "eve@example.com", "name": "Eve", "password": BREACHED}

        assert status_of(await client.post("/sign-up/email", json=body)) == COMPROMISED
        assert status_of(await client.post("/sign-up/email", json={**body, "password": FINE})) == (200, None)
        ((path, headers), _) = server.asked
        assert path == f"/range/{sha1_of(BREACHED)[:5]}"
        assert headers["add-padding"] == "true"
        assert headers["connection"] == "close"


async def hangs(_server: RangeServer, _prefix: str, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(_server: RangeServer, _prefix: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b"0")
        await writer.drain()
        await asyncio.sleep(0.01)


async def floods(_server: RangeServer, _prefix: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"0" * 65_536 + b"\r\n")
        await writer.drain()


def says(answer: bytes) -> Answer:
    async def said(_server: RangeServer, _prefix: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return said


async def redirects(server: RangeServer, prefix: str, writer: asyncio.StreamWriter) -> None:
    writer.write(http("", "302 Found", f"Location: {server.url}elsewhere/{prefix}"))


FAILURES: dict[str, tuple[Answer, str]] = {
    "hangs": (hangs, "no answer in time"),
    "drips": (drips, "no answer in time"),
    "floods": (floods, "the response is too large"),
    "500": (says(http("", "500 Oops")), "the response has the status 500"),
    "404": (says(http("", "404 Not Found")), "the response has the status 404"),
    "redirects": (redirects, "the response has the status 302"),
    "a page": (says(http("<html>captive portal</html>")), "the response is not that of a range query"),
    "no HTTP": (says(b"SSH-2.0-OpenSSH_9\r\n"), "the response is not HTTP"),
    "cut short": (says(http("A" * 35 + ":1")[:-3]), "the response was cut short"),
    "nothing": (says(b""), "the response was cut short"),
    "upgrades": (
        says(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
        "the response is not HTTP",
    ),
    "no length": (says(b"HTTP/1.1 200 OK\r\n\r\n" + b"A" * 35 + b":1"), "the response was cut short"),
}
SEEN: list[tuple[str, str, Facts]] = []
observe(lambda level, event, facts: SEEN.append((level, event, dict(facts))))


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_source_that_fails_lets_the_password_pass_and_is_logged(failure: str) -> None:
    async with range_server() as server:
        server.breached.add(BREACHED)
        server.answer, reason = FAILURES[failure]
        SEEN.clear()
        patience = 0.3 if failure in {"hangs", "drips"} else PATIENCE

        found = await BreachCheck(RangeQuerySource(server.url), timeout=patience).is_breached(BREACHED)

        assert found is False
        assert [("warning", "breached_passwords.unchecked", {"reason": reason})] == SEEN
        assert len(server.asked) == 1


async def test_a_source_that_is_not_there_lets_the_password_pass() -> None:
    async with range_server() as server:
        url = server.url
    SEEN.clear()

    assert await BreachCheck(RangeQuerySource(url)).is_breached(BREACHED) is False
    assert SEEN == [("warning", "breached_passwords.unchecked", {"reason": "ConnectionRefusedError"})]


async def test_a_source_that_hangs_holds_a_bounded_number_of_requests() -> None:
    async with range_server() as server:
        server.answer = hangs
        check = BreachCheck(RangeQuerySource(server.url), timeout=PATIENCE)
        waiting = [asyncio.create_task(check.is_breached(BREACHED)) for _ in range(32)]
        await asyncio.sleep(0)
        SEEN.clear()

        assert await check.is_breached(BREACHED) is False

        assert SEEN[0][2] == {"reason": "too many checks are running"}
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        server.answer = says(http(f"{sha1_of(BREACHED)[5:]}:1"))
        assert await check.is_breached(BREACHED) is True


async def test_a_sign_in_does_not_wait_for_the_source(sqlite_url: str) -> None:
    """The answer comes while the source hangs, and what it says later still reaches the owner."""
    may_answer = asyncio.Event()

    async def late(_server: RangeServer, _prefix: str, writer: asyncio.StreamWriter) -> None:
        await may_answer.wait()
        writer.write(http(f"{sha1_of(PASSWORD)[5:]}:1"))

    async with range_server() as server, world_over(sqlite_url, breached_passwords_url=server.url) as world:
        ada = await sign_up(world)
        server.answer = late

        assert (await ada.sign_in()).status_code == 200

        may_answer.set()
        await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_BREACHED)


async def test_one_source_is_enough(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not both"):
        async with world_over(
            sqlite_url, breached_passwords_file=tmp_path, breached_passwords_url="https://example.com"
        ):
            pass


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "https://ada:x@example.com/", "https://example.com/?a=", "range"]
)
async def test_the_url_of_a_range_query_is_checked(sqlite_url: str, url: str) -> None:
    with pytest.raises(ValueError, match="a range query must look like"):
        async with world_over(sqlite_url, breached_passwords_url=url):
            pass
