"""ATHENA_COOKIE_DOMAIN: the session cookie goes to every host of a domain, for forward authentication."""

from collections.abc import AsyncIterator

import httpx
import pytest

from support.person import Person, sign_up
from support.world import World, world_over

HERE = "https://auth.example.com"
OLD = "__Secure-athena-auth.session_token"
SESSION = "__Secure-athena-auth.domain_session_token"


@pytest.fixture
async def site(sqlite_url: str) -> AsyncIterator[World]:
    async with world_over(sqlite_url, base_url=HERE, cookie_domain=".Example.com") as world:
        yield world


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Return the Set-Cookie headers by the cookie's name, the value cut off."""
    pairs = [header.partition("=") for header in answer.headers.get_list("set-cookie")]
    return {name: rest.partition(";")[2].strip() for name, _, rest in pairs}


async def is_signed_in(world: World, cookie: str) -> bool:
    client = await world.client(cookie=cookie)
    return (await client.get("/get-session")).json() is not None


async def test_the_session_alone_is_for_the_domain(site: World) -> None:
    """The other cookies are for this server only. An application that had them could skip a second factor."""
    ada = await sign_up(site)
    await ada.turn_on_totp()
    browser = await site.client(origin=HERE)
    due = await ada.sign_in(browser)
    challenge = due.headers["set-cookie"].partition(";")[0]

    passed = await browser.post(
        "/two-factor/verify-totp",
        json={"code": ada.code(), "trustDevice": True},
        headers={"cookie": challenge},
    )

    rest = "HttpOnly; SameSite=Lax; Secure"
    assert cookies_of(due) == {"__Secure-athena-auth.two_factor": f"Max-Age=600; Path=/; {rest}"}
    assert cookies_of(passed) == {
        SESSION: f"Max-Age=604800; Path=/; Domain=example.com; {rest}",
        "__Secure-athena-auth.two_factor": f"Max-Age=0; Path=/; {rest}",
        "__Secure-athena-auth.trust_device": f"Max-Age=2592000; Path=/; {rest}",
        "__Secure-athena-auth.recognized_browser": f"Max-Age=34560000; Path=/; {rest}",
    }


async def test_signing_out_removes_the_cookie_from_the_domain(site: World) -> None:
    ada = await sign_up(site)
    browser = await site.client(origin=HERE, cookie=f"{SESSION}={ada.token}")

    signed_out = await browser.post("/sign-out")

    assert cookies_of(signed_out)[SESSION] == (
        "Max-Age=0; Path=/; Domain=example.com; HttpOnly; SameSite=Lax; Secure"
    )


async def test_applications_at_any_path_receive_the_session(sqlite_url: str) -> None:
    async with world_over(
        sqlite_url, base_url="https://example.com/sso", cookie_domain="example.com"
    ) as world:
        client = await world.client()
        answer = await (await sign_up(world)).sign_in(client)

    paths = {name: text.partition("Path=")[2].partition(";")[0] for name, text in cookies_of(answer).items()}
    assert paths.pop(SESSION) == "/"
    assert set(paths.values()) == {"/sso"}


async def test_a_browser_that_was_signed_in_before_the_setting_can_sign_in_again(site: World) -> None:
    """It sends its old cookie too. Under one name neither would be read, until the old one ends after a week."""
    ada = await sign_up(site)

    assert not await is_signed_in(site, f"{OLD}={ada.token}")
    assert await is_signed_in(site, f"{OLD}=stale; {SESSION}={ada.token}")


async def test_a_cookie_of_the_domain_that_comes_twice_signs_nobody_in(site: World) -> None:
    """Any host of the domain can set a second one (session fixation)."""
    ada = await sign_up(site)
    assert not await is_signed_in(site, f"{SESSION}={ada.token}; {SESSION}=another")


async def test_without_the_setting_a_cookie_of_the_domain_is_ignored(sqlite_url: str) -> None:
    async with world_over(sqlite_url, base_url=HERE) as world:
        ada = await sign_up(world)
        assert not await is_signed_in(world, f"{SESSION}={ada.token}")
        assert await is_signed_in(world, f"{OLD}={ada.token}; {SESSION}=another")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://app.example.com"},
        {"sec-fetch-site": "same-site"},
        {"referer": "https://app.example.com/page"},
    ],
    ids=str,
)
async def test_a_page_of_another_host_of_the_domain_cannot_act_by_the_cookie(
    site: World, headers: dict[str, str]
) -> None:
    """SameSite does not stop it: all hosts of a domain are one site."""
    ada: Person = await sign_up(site)
    page = await site.client(cookie=f"{SESSION}={ada.token}", **headers)

    answer = await page.post("/revoke-sessions")

    assert (answer.status_code, answer.json()["code"][-6:]) == (403, "ORIGIN")


async def test_the_openapi_document_names_the_cookie(site: World) -> None:
    document = (await (await site.client()).get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["cookieAuth"]["name"] == SESSION
