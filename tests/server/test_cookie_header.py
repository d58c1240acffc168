"""The `Cookie` header: untrusted, and read before any rate limit."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.server.cookies import CookieCodec
from athena_auth.settings import BASE_PATH
from athena_auth.wire.reply import Cookie, CookieName
from athena_auth_client import AsyncAthenaClient, MemoryTokenStore
from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, World, world_over

SESSION = "athena-auth.session_token"
TOKENS = st.text(string.ascii_letters + string.digits + "._~-", min_size=1, max_size=80)
codec = CookieCodec(https=False)


def read(header: str) -> str | None:
    return codec.read(header).get(CookieName.SESSION)


@given(st.dictionaries(st.sampled_from(list(CookieName)), TOKENS), st.sampled_from([";", "; ", " ;\t"]))
def test_what_was_written_is_read(tokens: dict[CookieName, str], between: str) -> None:
    written = [codec.write(Cookie(name, value)).decode().partition(";")[0] for name, value in tokens.items()]
    assert codec.read(between.join(["theme=dark", *written, "last=1"])) == tokens


@pytest.mark.parametrize(
    "header",
    [
        f"{SESSION}=",
        f'{SESSION}="abc"',
        f"{SESSION}=a b",
        f"{SESSION}=a\\054b",
        f"{SESSION}=a%2Cb",
        f"{SESSION}=a=b",
        f"x{SESSION}=abc",
        f"{SESSION}x=abc",
        f"other={SESSION}=abc",
        f'other="; {SESSION}"',
        "Athena-Auth.Session_Token=abc",
        f"__Secure-{SESSION}=abc",
    ],
)
def test_what_is_not_exactly_ours_is_absent(header: str) -> None:
    assert read(header) is None


@pytest.mark.parametrize("second", ["def", "abc", "", '"'])
def test_a_name_that_comes_twice_is_absent(second: str) -> None:
    """A host beside ours on the domain may set the other; which comes first, the browser decides (session fixation)."""
    assert read(f"{SESSION}=abc; a=b; {SESSION}={second}") is None
    assert codec.read(f"{SESSION}=abc; {SESSION}=def; athena-auth.two_factor=ghi") == {
        CookieName.CHALLENGE: "ghi"
    }


def test_a_header_longer_than_browsers_send_holds_no_cookies() -> None:
    start = f"{SESSION}=abc; other="
    assert read(start + "a" * (16_384 - len(start))) == "abc"
    assert read(start + "a" * (16_385 - len(start))) is None


@given(st.text(max_size=300))
def test_nothing_that_is_sent_raises(header: str) -> None:
    codec.read(header)


def cost(unit: str, size: int) -> float:
    """Return the seconds of CPU that a header of this many characters takes, the least of several."""
    header = f'a="{unit * (size // len(unit))}'
    taken = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(20):
            codec.read(header)
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize("unit", ['\\"', "\\054", ";", "; ", " ", f"; {SESSION}=", f"; {SESSION}", "a"])
def test_the_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    """60 KB of quotes and backslashes kept the event loop busy for seven seconds.

    Eight times the length may take eight times the work, and here up to forty; what is quadratic takes sixty-four.
    """
    assert cost(unit, 16_000) < 40 * max(cost(unit, 2_000), 0.000_05)


async def test_two_servers_on_one_host_name_keep_their_cookies_apart(sqlite_url: str) -> None:
    async with world_over(sqlite_url, cookie_prefix="staging") as world:
        ada = await sign_up(world)
        browser = await world.browser()
        answer = await ada.sign_in(browser)
        assert "staging.session_token" in browser.cookies
        assert not any(name.startswith("athena-auth.") for name in browser.cookies)
        assert (await browser.get("/get-session")).json()["user"]["email"] == ada.email

        renamed = {"cookie": f"{SESSION}={answer.headers['set-auth-token']}"}
        assert (await (await world.client(**renamed)).get("/get-session")).json() is None
        document = (await browser.get("/openapi.json")).json()
    assert document["components"]["securitySchemes"]["cookieAuth"]["name"] == "staging.session_token"


async def test_a_server_by_https_keeps_the_prefix_that_browsers_know(sqlite_url: str) -> None:
    async with world_over(sqlite_url, base_url="https://a.example.com", cookie_prefix="staging") as world:
        ada = await sign_up(world)
        answer = await ada.sign_in(await world.client())
    assert answer.headers["set-cookie"].startswith("__Secure-staging.")


async def test_a_session_cookie_that_comes_twice_signs_nobody_in(world: World, ada: Person) -> None:
    twice = await world.client(cookie=f"{SESSION}={ada.token}; {SESSION}={ada.token}")
    once = await world.client(cookie=f"{SESSION}={ada.token}")

    assert (await twice.get("/get-session")).json() is None
    assert (await once.get("/get-session")).json()["user"]["email"] == ada.email


async def test_the_sdk_takes_the_prefix_of_its_server(sqlite_url: str) -> None:
    tokens = MemoryTokenStore()
    async with world_over(sqlite_url, cookie_prefix="staging") as world:
        ada = await sign_up(world)
        async with AsyncAthenaClient(
            ORIGIN + BASE_PATH,
            http=await world.client(),
            credentials="cookie",
            cookie_prefix="staging",
            tokens=tokens,
        ) as client:
            await client.auth.sign_in.email(email=ada.email, password=PASSWORD)
            assert (await client.auth.get_session()) is not None
    assert tokens.load().recognized_browser is not None
