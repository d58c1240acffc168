"""Browsers: cookies, the check of the origin, and front ends on other origins."""

import httpx
import pytest

from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, World, world_over

FRONT_END = "https://app.example.com"


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """Return the Set-Cookie headers by the cookie's name, the value cut off."""
    pairs = [header.partition("=") for header in answer.headers.get_list("set-cookie")]
    return {name: rest.partition(";")[2].strip() for name, _, rest in pairs}


async def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()

    due = await ada.sign_in(browser)
    passed = await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})

    assert cookies_of(due) == {
        "athena-auth.two_factor": "Max-Age=600; Path=/; HttpOnly; SameSite=Lax",
    }
    assert cookies_of(passed) == {
        "athena-auth.session_token": "Max-Age=604800; Path=/; HttpOnly; SameSite=Lax",
        "athena-auth.two_factor": "Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
        "athena-auth.trust_device": "Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax",
        "athena-auth.recognized_browser": "Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax",
    }


async def test_on_https_cookies_are_kept_to_it(sqlite_url: str) -> None:
    async with world_over(sqlite_url, base_url="https://auth.example.com") as world:
        client = await world.client()
        body = {"email": "a@example.com", "password": PASSWORD, "name": "A"}

        answer = await client.post("/sign-up/email", json=body)

    assert cookies_of(answer) == {
        "__Secure-athena-auth.session_token": "Max-Age=604800; Path=/; HttpOnly; SameSite=Lax; Secure",
        "__Secure-athena-auth.two_factor": "Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure",
        "__Secure-athena-auth.recognized_browser": "Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax; Secure",
    }


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://localhost:3001.evil.example", "http://localhost:9999"],
)
async def test_another_site_cannot_act_with_a_users_cookie(
    world: World, ada: Person, origin: str | None
) -> None:
    """EyeDP 232: recovery codes were renewed by a request that another site made the browser send."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    del browser.headers["origin"]
    if origin is not None:
        browser.headers["origin"] = origin

    for path, body in [
        ("/two-factor/generate-backup-codes", {"password": PASSWORD}),
        ("/two-factor/send-otp", {}),
        ("/sign-out", {}),
        ("/revoke-sessions", {}),
    ]:
        answer = await browser.post(path, json=body)
        code = "MISSING_OR_NULL_ORIGIN" if origin in {None, "null"} else "INVALID_ORIGIN"
        assert (answer.status_code, answer.json()["code"]) == (403, code), path
    assert (await browser.get("/get-session")).json() is not None


async def test_an_https_server_does_not_take_its_name_on_http_for_itself(sqlite_url: str) -> None:
    """An attacker on the network can answer `http://auth.example.com` and make the browser post from there."""
    async with world_over(sqlite_url, base_url="https://auth.example.com") as world:
        browser = await world.client(origin="https://auth.example.com")
        ada = await sign_up(world)
        token = (await ada.sign_in()).json()["token"]
        headers = {"host": "auth.example.com", "cookie": f"__Secure-athena-auth.session_token={token}"}
        from_http = await browser.post("/sign-out", headers={**headers, "origin": "http://auth.example.com"})
        from_https = await browser.post("/sign-out", headers=headers)

    assert (from_http.status_code, from_https.status_code) == (403, 200)


async def test_a_challenge_cookie_obeys_the_same_rule(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)

    answer = await browser.post(
        "/two-factor/verify-totp", json={"code": ada.code()}, headers={"origin": "https://evil.example"}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "INVALID_ORIGIN")


async def test_bearer_requests_need_no_origin(ada: Person) -> None:
    assert (await ada.post("/sign-out")).status_code == 200


async def test_the_same_site_under_another_name_is_the_same_site(world: World, ada: Person) -> None:
    browser = await world.browser()
    await ada.sign_in(browser)

    answer = await browser.post(
        "/sign-out", headers={"origin": "http://127.0.0.1:3001", "host": "127.0.0.1:3001"}
    )

    assert answer.status_code == 200


async def test_a_trusted_front_end_may_act_and_read(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_origins=f"{FRONT_END}, https://other.example.com") as world:
        ada = await sign_up(world)
        page = await world.client(origin=FRONT_END)
        preflight = await page.options(
            "/two-factor/enable",
            headers={
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type,x-any",
            },
        )
        answer = await ada.sign_in(page)
        signed_out = await page.post("/sign-out", json={})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == FRONT_END
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert "x-any" in preflight.headers["access-control-allow-headers"].lower()
    assert answer.headers["access-control-allow-origin"] == FRONT_END
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert {"set-auth-token", "retry-after", "x-request-id"} <= {name.strip() for name in exposed.split(",")}
    assert signed_out.status_code == 200


async def test_an_untrusted_front_end_is_not_let_read(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_origins=FRONT_END) as world:
        page = await world.client(origin="https://evil.example")
        preflight = await page.options("/ok", headers={"access-control-request-method": "POST"})
        answer = await page.get("/ok")

    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_get_session_does_not_hand_a_cookies_token_to_scripts(world: World, ada: Person) -> None:
    browser = await world.browser()
    token = (await ada.sign_in(browser)).json()["token"]

    by_cookie = (await browser.get("/get-session")).json()
    by_bearer = await ada.session()

    assert token not in str(by_cookie)
    assert by_cookie["session"]["token"] == by_cookie["session"]["id"]
    assert by_bearer["session"]["token"] == ada.token


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("", "9.9.9.9", "127.0.0.1"),
        ("127.0.0.0/8", "", "127.0.0.1"),
        ("127.0.0.0/8", "9.9.9.9", "9.9.9.9"),
        ("127.0.0.0/8", "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        ("127.0.0.0/8, 10.0.0.0/8", "6.6.6.6, 9.9.9.9, 10.1.1.1", "9.9.9.9"),
        ("127.0.0.0/8", "6.6.6.6, nonsense", "127.0.0.1"),
        ("127.0.0.0/8", "2001:db8::1", "2001:db8::1"),
    ],
)
async def test_an_address_is_believed_from_known_proxies_only(
    sqlite_url: str, proxies: str, forwarded: str, address: str
) -> None:
    """A peer used the first X-Forwarded-For hop: callers chose the address under which they were counted."""
    async with world_over(sqlite_url, trusted_proxies=proxies) as world:
        headers = {"user-agent": "Phone", **({"x-forwarded-for": forwarded} if forwarded else {})}
        ada = await sign_up(world)
        await ada.sign_in(await world.client(**headers))
        listed = (await ada.client.get("/list-sessions")).json()

    assert [s["ipAddress"] for s in listed if s["userAgent"] == "Phone"] == [address]


async def test_answers_are_not_cached_and_not_sniffed(sqlite_world: World) -> None:
    answer = await (await sqlite_world.client(origin=ORIGIN)).get("/ok")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_proxy_that_asks_for_a_password_of_its_own_is_not_in_the_way(
    world: World, ada: Person
) -> None:
    """Its scheme is not ours, so the cookie counts, and so does where the request came from."""
    browser = await world.browser()
    await ada.sign_in(browser)
    basic = {"authorization": "Basic YWRhOnN0YWdpbmc="}

    signed_in = await browser.get("/get-session", headers=basic)
    forged = await browser.post("/sign-out", headers={**basic, "origin": "https://evil.example"})

    assert signed_in.json()["user"]["email"] == ada.email
    assert (forged.status_code, forged.json()["code"]) == (403, "INVALID_ORIGIN")
