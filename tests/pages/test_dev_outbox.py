"""The development outbox: what it shows on a developer's machine, and that it exists nowhere else."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from athena_auth.delivery.jsonl import JsonLinesTransport
from athena_auth.delivery.model import Message, MessageKind
from athena_auth.host.athena import Athena
from athena_auth.host.standalone import standalone
from athena_auth.settings import BASE_PATH, load_settings
from support.process import SECRET, serving, wait_for
from support.world import QUICK_HASHER

ORIGIN = "http://localhost:3001"
PATH = "/dev/outbox"
NOTHING = Starlette()
HERE = ("127.0.0.1", 50_000)
BODY = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}


@asynccontextmanager
async def developing(
    database_url: str, *, dev_outbox: bool = True, peer: Any = HERE, sub_path: str = "", **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Run a server as `create_app` makes it, and return a client of it."""
    chosen = load_settings(
        secret=SECRET, database_url=database_url, rate_limit="off", **{"mail_url": "console:", **settings}
    )
    athena = Athena(chosen, hasher=QUICK_HASHER, migrates=False, pages=True)
    app = standalone(athena, sub_path) if dev_outbox else athena.wrap(NOTHING)
    transport = httpx.ASGITransport(app, client=peer)
    async with athena.lifespan(), httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


async def sign_up(client: httpx.AsyncClient, **body: str) -> None:
    """Sign up, and have a link sent that verifies the address."""
    person, headers = BODY | body, {"origin": ORIGIN}
    (await client.post(f"{BASE_PATH}/sign-up/email", json=person)).raise_for_status()
    link = {"email": person["email"]}
    (await client.post(f"{BASE_PATH}/send-verification-email", json=link, headers=headers)).raise_for_status()


async def shown(client: httpx.AsyncClient, text: str) -> str:
    """Return the page once it has this text: a message is sent after the response to its request."""
    page = ""
    for _ in range(500):
        page = (await client.get(PATH)).raise_for_status().text
        if text in page:
            break
        await asyncio.sleep(0.01)
    assert text in page
    return page


async def test_it_shows_the_complete_messages_that_were_printed(sqlite_url: str) -> None:
    async with developing(sqlite_url) as client:
        assert "No message yet." in (await client.get(PATH)).text
        await sign_up(client)

        page = await shown(client, "Confirm your email address for Athena")

        assert "To <bdi>ada@example.com</bdi>, by mail." in page
        assert "Open the link below to confirm" in page
        link = re.findall(rf'<a href="({ORIGIN}{BASE_PATH}/verify-email\?[^"]+)"', page)[0]
        document = html.unescape(re.findall(r'<iframe sandbox="[^"]*" srcdoc="([^"]+)"', page)[0])
        assert link in document
        assert document.startswith("<!doctype html>")
        opened = await client.get(html.unescape(link), headers={"accept": "text/html"}, follow_redirects=True)
        assert "address is verified" in opened.text


async def test_a_message_is_text_to_the_page(sqlite_url: str, tmp_path: Path) -> None:
    """Anyone can sign up with a name that is code."""
    path = tmp_path / "outbox.jsonl"
    await JsonLinesTransport(str(path)).send(code_for("<b>@example.com", name="<script>Ada"))
    async with developing(sqlite_url, mail_url=path.as_uri()) as client:
        page = (await client.get(PATH)).text

        assert "Hello &lt;script&gt;Ada," in page
        assert "To <bdi>&lt;b&gt;@example.com</bdi>" in page
        assert "<script" not in page
        headers = (await client.get(PATH)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "script-src" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"


async def test_it_shows_what_every_process_has_written_to_a_file(sqlite_url: str, tmp_path: Path) -> None:
    mail_url = (tmp_path / "outbox.jsonl").as_uri()
    async with (
        developing(sqlite_url, mail_url=mail_url) as one,
        developing(sqlite_url, mail_url=mail_url) as other,
    ):
        await sign_up(one)
        await sign_up(other, email="bob@example.com")
        await shown(one, "bob@example.com")
        page = await shown(one, "ada@example.com")

        assert f"In the file <code>{tmp_path}/outbox.jsonl</code>" in page
        assert "expires 1 day after it was requested" in page
        assert "Printed by this process" not in page


async def test_it_shows_text_messages_too(sqlite_url: str) -> None:
    async with developing(sqlite_url, sms_url="console:") as client:
        await sign_up(client)
        enable = {"password": BODY["password"], "method": "otp", "phoneNumber": "+15550100"}
        headers = {"origin": ORIGIN}
        (await client.post(f"{BASE_PATH}/two-factor/enable", json=enable, headers=headers)).raise_for_status()

        page = await shown(client, "by text")

        assert "To <bdi>+15550100</bdi>, by text." in page
        assert re.search(r"Athena: \d{6} is your security code", page)
        assert page.index("by text") < page.index("by mail"), "the newest is the first"


async def test_it_shows_the_newest_fifty_and_leaves_out_what_is_no_message(
    sqlite_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "outbox.jsonl"
    transport = JsonLinesTransport(str(path))
    for number in range(60):
        await transport.send(code_for(f"user{number}@example.com"))
    with path.open("a") as file:
        file.write('{"to": 1}\nnot json\n{"to": "half@example.com", "kind')
    async with developing(sqlite_url, mail_url=path.as_uri()) as client:
        page = (await client.get(PATH)).text

        assert re.findall(r"<bdi>user(\d+)@", page) == [str(number) for number in range(59, 9, -1)]
        assert "half@example.com" not in page
        path.unlink()
        assert "No message yet." in (await client.get(PATH)).text


def code_for(to: str, name: str = "Ada") -> Message:
    return Message(
        kind=MessageKind.TWO_FACTOR_OTP,
        to=to,
        name=name,
        app_name="Shop",
        expires_at=1_800_000_000_000,
        code="482915",
        valid_for=300,
    )


NOT_OF_A_DEVELOPER = {
    "mail is delivered": {"mail_url": "smtp://127.0.0.1:1", "mail_from": "no-reply@example.com"},
    "browsers use https": {"base_url": "https://localhost:3001"},
    "browsers use a public name": {"base_url": "http://auth.example.com"},
    "every address is listened on": {"host": "0.0.0.0", "base_url": ORIGIN},  # noqa: S104 - refused
    "a public address is listened on": {"host": "192.0.2.1", "base_url": ORIGIN},
    "a proxy is in front": {"trusted_proxies": "127.0.0.1"},
    "a Unix socket is listened on": {"host": "unix:/run/athena.sock", "base_url": ORIGIN},
    "the host has not asked for it": {"dev_outbox": False},
}


@pytest.mark.parametrize("settings", NOT_OF_A_DEVELOPER.values(), ids=NOT_OF_A_DEVELOPER.keys())
async def test_it_does_not_exist_if(sqlite_url: str, settings: dict[str, Any]) -> None:
    async with developing(sqlite_url, **settings) as client:
        assert (await client.get(PATH)).status_code == 404


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:3001", "[::1]:3001", "app.localhost:8080", "LOCALHOST"]
)
async def test_it_has_the_names_of_this_machine(sqlite_url: str, host: str) -> None:
    async with developing(sqlite_url) as client:
        assert (await client.get(PATH, headers={"host": host})).status_code == 200


FOREIGN = {
    "a name that a website points here": {"host": "rebound.evil.example:3001"},
    "an address of the network": {"host": "192.0.2.1:3001"},
    "no name": {"host": ""},
    "a malformed name": {"host": "[::1"},
    "a name that only begins like ours": {"host": "localhost.evil.example"},
    "a client of a proxy": {"x-forwarded-for": "127.0.0.1"},
    "a client of another proxy": {"forwarded": "for=127.0.0.1"},
    "a client of a third proxy": {"via": "1.1 proxy"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
async def test_it_does_not_exist_for(sqlite_url: str, headers: dict[str, str]) -> None:
    async with developing(sqlite_url) as client:
        assert (await client.get(PATH, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    "peer", [("192.0.2.1", 50_000), ("::ffff:192.0.2.1", 50_000), ("localhost", 1), None]
)
async def test_it_does_not_exist_for_another_machine(sqlite_url: str, peer: Any) -> None:
    async with developing(sqlite_url, peer=peer) as client:
        assert (await client.get(PATH)).status_code == 404


@pytest.mark.parametrize("peer", [("::1", 50_000), ("::ffff:127.0.0.1", 50_000), ("127.8.9.10", 50_000)])
async def test_it_exists_for_every_address_of_this_machine(sqlite_url: str, peer: Any) -> None:
    async with developing(sqlite_url, peer=peer) as client:
        assert (await client.get(PATH)).status_code == 200


async def test_it_is_only_read_and_only_at_its_path(sqlite_url: str) -> None:
    async with developing(sqlite_url) as client:
        assert (await client.head(PATH)).status_code == 200
        assert (await client.post(PATH)).status_code == 404
        assert (await client.get(f"{PATH}/")).status_code == 404
        assert (await client.get(f"{BASE_PATH}{PATH}")).status_code == 404


async def test_it_is_below_the_path_of_the_server(sqlite_url: str) -> None:
    async with developing(sqlite_url, sub_path="/sso", base_url=f"{ORIGIN}/sso") as client:
        assert (await client.get(f"/sso{PATH}")).status_code == 200


def test_the_start_names_it(tmp_path: Path) -> None:
    with serving(tmp_path, mail_url="console:") as server:
        url = server.base_url.removesuffix(BASE_PATH) + PATH
        assert f"Outbox      {url}" in server.announcement
        httpx.post(f"{server.base_url}/sign-up/email", json=BODY).raise_for_status()
        httpx.post(f"{server.base_url}/send-verification-email", json={"email": BODY["email"]})

        wait_for(lambda: "ada@example.com" in httpx.get(url).text or None, "the message")
        assert "processes" not in httpx.get(url).text


def test_processes_that_print_say_that_each_shows_its_own(tmp_path: Path, postgres_url: str) -> None:
    settings = {"database_url": postgres_url, "secret": SECRET, "mail_url": "console:"}
    with serving(tmp_path, "--workers", "2", **settings) as server:
        page = httpx.get(server.base_url.removesuffix(BASE_PATH) + PATH).text

        assert "This server has 2 processes." in page


def test_the_start_of_another_server_does_not_name_it(tmp_path: Path) -> None:
    settings = {"mail_url": "smtp://127.0.0.1:1", "mail_from": "no-reply@example.com"}
    with serving(tmp_path, **settings) as server:
        assert PATH not in server.announcement
        assert httpx.get(server.base_url.removesuffix(BASE_PATH) + PATH).status_code == 404
