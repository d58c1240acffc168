"""`/forward-auth`: who passes, who is redirected where, and what a proxy is told about the user."""

import sqlite3
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from support.links import verify_address
from support.person import Person, sign_up
from support.world import ORIGIN, World, world_over

APP = "https://app.example.com"
PAGE = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "sec-fetch-dest": "document"}
FORWARDED = {
    "x-forwarded-method": "GET",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "app.example.com",
    "x-forwarded-uri": "/report?year=2026&next=%2Fx",
}
TARGET = f"{APP}/report?year=2026&next=%2Fx"


@pytest.fixture
async def site(sqlite_url: str) -> AsyncIterator[World]:
    """A server behind a trusted proxy, which is the client of each test, with an application beside it."""
    async with world_over(sqlite_url, trusted_origins=APP, trusted_proxies="127.0.0.1") as world:
        yield world


async def opened(client: httpx.AsyncClient, query: str = "", /, **changed: str | None) -> httpx.Response:
    """Ask as a proxy does for a browser that opens a page; a changed header of None is left out."""
    headers = PAGE | FORWARDED | {name.replace("_", "-"): value for name, value in changed.items()}
    sent = {name: value for name, value in headers.items() if value is not None}
    return await client.get(f"/forward-auth{query}", headers=sent)


def redirected(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """Return the page that an answer redirects to, and its parameters."""
    location = answer.headers["location"]
    assert location.startswith(f"{ORIGIN}/")
    parameters = parse_qs(urlsplit(location).query, strict_parsing="?" in location)
    return urlsplit(location).path, {name: value for name, [value] in parameters.items()}


async def test_a_browser_signs_in_and_returns_to_where_it_was_going(site: World) -> None:
    answer = await opened(await site.client())

    assert answer.status_code == 302
    assert redirected(answer) == ("/sign-in", {"next": TARGET})
    assert answer.headers["cache-control"] == "no-store"


async def test_the_application_is_told_who_it_is(site: World) -> None:
    ada = await sign_up(site)
    user = (await ada.client.get("/get-session")).json()["user"]

    passed = await opened(ada.client)

    assert passed.status_code == 200
    told = {name: value for name, value in passed.headers.items() if name.startswith("remote-")}
    assert told == {
        "remote-user": user["id"],
        "remote-email": "",
        "remote-name": user["name"],
        "remote-level": "1",
    }
    assert ada.token not in passed.text


async def test_an_address_is_told_only_if_it_is_verified(site: World) -> None:
    """Anybody can sign up as `boss@example.com`. An application that knows users by address would let them in as the boss."""
    ada = await sign_up(site)
    assert (await opened(ada.client)).headers["remote-email"] == ""

    await verify_address(ada)

    assert (await opened(ada.client)).headers["remote-email"] == ada.email


@pytest.mark.parametrize("name", ["Jürgen Groß 王", "100% %0d%0aRemote-Level: 2"])
async def test_a_name_is_told_as_it_is_in_utf_8(site: World, name: str) -> None:
    ada = await sign_up(site, name=name)

    passed = await opened(ada.client)

    told = [value for header, value in passed.headers.raw if header.lower() == b"remote-name"]
    assert told == [name.encode()]
    assert passed.headers["remote-level"] == "1"


async def test_a_line_break_in_a_stored_name_adds_no_header(site: World) -> None:
    """The API refuses such names. A row may come from elsewhere, for instance an import."""
    ada = await sign_up(site)
    with sqlite3.connect(site.database_url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE athena_account SET name = ?", ("Ada\r\nRemote-Level: 2\x00",))

    passed = await opened(ada.client)

    assert passed.headers["remote-name"] == "Ada  Remote-Level: 2 "


@pytest.mark.parametrize(
    "changed",
    [
        {"accept": "application/json"},
        {"accept": "*/*"},
        {"accept": None},
        {"x_forwarded_method": "POST"},
        {"x_forwarded_method": "OPTIONS"},
        {"x_requested_with": "XMLHttpRequest"},
        {"sec_fetch_dest": "empty"},
        {"sec_fetch_dest": "iframe"},
        {"sec_fetch_dest": "websocket"},
    ],
    ids=str,
)
async def test_what_cannot_show_a_page_gets_a_status(site: World, changed: dict[str, str | None]) -> None:
    stranger = await site.client()
    ada = await sign_up(site)

    for client, query, code in (
        (stranger, "", "UNAUTHORIZED"),
        (ada.client, "?level=2", "ENROLMENT_REQUIRED"),
    ):
        for redirect in ("status", "header"):
            join = "&" if query else "?"
            answer = await opened(client, f"{query}{join}redirect={redirect}", **changed)

            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changed", [{"sec_fetch_dest": None}, {"x_requested_with": "org.example.browser"}], ids=str
)
async def test_older_and_embedded_browsers_are_redirected_too(
    site: World, changed: dict[str, str | None]
) -> None:
    assert (await opened(await site.client(), **changed)).status_code == 302


async def test_nginx_gets_the_redirect_in_a_header(site: World) -> None:
    """Its `auth_request` takes a 302 for a failure, and answers 500."""
    answer = await opened(await site.client(), "?redirect=header")

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert redirected(answer) == ("/sign-in", {"next": TARGET})


async def test_level_and_freshness_lead_to_the_step_up_page(site: World) -> None:
    ada = await sign_up(site)
    without_factor = await opened(ada.client, "?level=2&fresh=600")
    assert redirected(without_factor) == ("/step-up", {"next": TARGET, "level": "2", "fresh": "600"})
    await ada.turn_on_totp()

    passed = await opened(ada.client, "?level=2&fresh=600")
    assert (passed.status_code, passed.headers["remote-level"]) == (200, "2")

    site.clock.advance(601)
    assert (await opened(ada.client, "?level=2")).status_code == 200
    stale = await opened(ada.client, "?level=2&fresh=600")
    assert (stale.status_code, redirected(stale)[0]) == (302, "/step-up")
    in_header = await opened(ada.client, "?level=2&fresh=600&redirect=header")
    assert (in_header.status_code, in_header.json()["code"]) == (401, "STEP_UP_REQUIRED")
    assert in_header.headers["location"] == stale.headers["location"]
    script = await opened(ada.client, "?fresh=600", accept="application/json")
    assert (script.status_code, script.json()["code"]) == (401, "STEP_UP_REQUIRED")


@pytest.mark.parametrize(
    "changed",
    [
        {"x_forwarded_host": "evil.example"},
        {"x_forwarded_host": "app.example.com.evil.example"},
        {"x_forwarded_host": "app.example.com@evil.example"},
        {"x_forwarded_host": "evil.example\\.app.example.com"},
        {"x_forwarded_host": "evil.example/app.example.com"},
        {"x_forwarded_host": "app.example.com,evil.example"},
        {"x_forwarded_host": "evil.example#app.example.com"},
        {"x_forwarded_host": "app.example.com:8443"},
        {"x_forwarded_host": ""},
        {"x_forwarded_host": None},
        {"x_forwarded_proto": "http"},
        {"x_forwarded_proto": "https,http"},
        {"x_forwarded_proto": "javascript"},
        {"x_forwarded_proto": None},
        {"x_forwarded_uri": "@evil.example/"},
        {"x_forwarded_uri": ".evil.example/"},
        {"x_forwarded_uri": "https://evil.example/"},
        {"x_forwarded_uri": "/\\evil.example"},
        {"x_forwarded_uri": "/a b"},
        {"x_forwarded_uri": "/" + "a" * 2_000},
        {"x_forwarded_uri": "/" + "%5B" * 600},
        {"x_forwarded_uri": None},
    ],
    ids=str,
)
async def test_no_page_elsewhere_is_returned_to(site: World, changed: dict[str, str | None]) -> None:
    """An open redirect would let an attacker's page appear behind this server's sign-in."""
    ada = await sign_up(site)

    assert redirected(await opened(await site.client(), **changed)) == ("/sign-in", {})
    assert redirected(await opened(ada.client, "?level=2", **changed)) == ("/step-up", {"level": "2"})


async def test_a_target_that_begins_with_two_slashes_stays_on_its_host(site: World) -> None:
    answer = await opened(await site.client(), x_forwarded_uri="//evil.example/")

    assert redirected(answer) == ("/sign-in", {"next": f"{APP}//evil.example/"})


@pytest.mark.parametrize("proxies", ["", "10.0.0.1", "unix:"])
async def test_an_untrusted_peer_names_no_target(sqlite_url: str, proxies: str) -> None:
    """A caller who reaches the server directly sends any header."""
    async with world_over(sqlite_url, trusted_origins=APP, trusted_proxies=proxies) as world:
        answer = await opened(await world.client())
        posted = await opened(await world.client(), x_forwarded_method="POST")

    assert redirected(answer) == redirected(posted) == ("/sign-in", {})


async def test_the_pages_are_below_the_path_of_the_server(sqlite_url: str) -> None:
    async with world_over(sqlite_url, base_url="https://example.com/sso") as world:
        answer = await opened(await world.client())

    assert answer.headers["location"] == "https://example.com/sso/sign-in"


async def test_headers_of_the_browser_name_nobody(site: World) -> None:
    claimed: dict[str, Any] = {
        "remote_user": "admin",
        "remote_email": "boss@example.com",
        "remote_level": "2",
    }
    assert (await opened(await site.client(), **claimed)).status_code == 302
    ada = await sign_up(site)

    passed = await opened(ada.client, **claimed)

    assert passed.headers["remote-user"] != "admin"
    assert passed.headers["remote-level"] == "1"
    assert passed.headers["remote-email"] == ""


async def test_an_ended_session_does_not_pass(site: World) -> None:
    ada = await sign_up(site)
    browser = await site.browser()
    await ada.sign_in(browser)
    assert (await opened(browser)).status_code == 200
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    await browser.post("/sign-out")

    assert (await opened(browser, cookie=cookie)).status_code == 302


async def test_it_extends_no_session_whose_cookie_it_cannot_renew(site: World) -> None:
    ada = await sign_up(site)
    browser = await site.browser()
    await ada.sign_in(browser)
    before = (await browser.get("/get-session")).json()["session"]["expiresAt"]
    site.clock.advance(4 * 86_400)

    assert "set-cookie" not in (await opened(browser)).headers

    unchanged = await browser.get("/get-session?disableRefresh=true")
    assert unchanged.json()["session"]["expiresAt"] == before


@pytest.mark.parametrize("query", ["level=3", "fresh=0", "redirect=maybe"])
async def test_a_requirement_that_cannot_be_read_lets_nobody_pass(site: World, query: str) -> None:
    ada: Person = await sign_up(site)
    answer = await opened(ada.client, f"?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
