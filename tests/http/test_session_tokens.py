"""Session tokens: rotated when the session gains assurance, limited in number, renewed in the browser."""

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from support.person import PASSWORD, Person
from support.world import ORIGIN, World

NEW = "another long sentence of mine"
SESSION, DEVICE = "athena-auth.session_token", "athena-auth.trust_device"


async def signed_in(world: World, ada: Person, **body: object) -> httpx.AsyncClient:
    """Sign in in a browser of no past."""
    browser = await world.browser()
    await ada.sign_in(browser)
    answer = await browser.post("/two-factor/verify-totp", json={"code": ada.code(), **body})
    assert answer.status_code == 200, answer.text
    world.clock.advance(60)
    return browser


async def copy_of(world: World, browser: httpx.AsyncClient, *names: str) -> httpx.AsyncClient:
    """Return the browser of an attacker who has copied these cookies."""
    cookies = "; ".join(f"{name}={browser.cookies[name]}" for name in names)
    return await world.client(cookie=cookies, origin=ORIGIN)


async def is_signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/get-session")).json() is not None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/two-factor/verify-totp", {}),
        ("/two-factor/disable", {"password": PASSWORD}),
        ("/two-factor/generate-backup-codes", {"password": PASSWORD}),
        ("/change-password", {"currentPassword": PASSWORD, "newPassword": NEW}),
    ],
)
async def test_a_copied_cookie_ends_with_the_owners_step_up(
    world: World, ada: Person, path: str, body: dict[str, object]
) -> None:
    """A copy was raised to level two along with the owner, and survived a changed password."""
    await ada.turn_on_totp()
    browser = await signed_in(world, ada)
    thief = await copy_of(world, browser, SESSION)
    assert await is_signed_in(thief)
    world.clock.advance(601)

    answer = await browser.post(path, json={**body, "code": ada.code()})

    assert answer.status_code == 200, answer.text
    assert await is_signed_in(browser)
    assert not await is_signed_in(thief)


async def test_confirming_the_first_factor_replaces_the_cookie_too(world: World, ada: Person) -> None:
    browser = await world.browser()
    await ada.sign_in(browser)
    thief = await copy_of(world, browser, SESSION)
    ada.client = browser

    await ada.turn_on_totp()

    assert await is_signed_in(browser)
    assert not await is_signed_in(thief)


async def test_a_bearer_keeps_its_token_but_for_a_new_password(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await ada.step_up()
    before = ada.client
    assert await is_signed_in(before)

    changed = await ada.change_password(NEW)

    assert changed.json()["token"] == ada.token == changed.headers["set-auth-token"]
    assert await is_signed_in(ada.client)
    assert not await is_signed_in(before)


async def test_a_dead_cookie_is_cleared_but_not_one_that_was_just_replaced(world: World, ada: Person) -> None:
    """Two tabs at once: the answer to the slower one must not delete the cookie that the other has just got."""
    await ada.turn_on_totp()
    browser = await signed_in(world, ada)
    slow_tab = await copy_of(world, browser, SESSION)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code()})

    meanwhile = await slow_tab.get("/get-session")
    world.clock.advance(11)
    later = await slow_tab.get("/get-session")

    assert (meanwhile.json(), later.json()) == (None, None)
    assert "set-cookie" not in meanwhile.headers
    assert f"{SESSION}=; Max-Age=0" in later.headers["set-cookie"]


async def test_an_account_has_a_hundred_sessions_and_the_oldest_goes(world: World, ada: Person) -> None:
    tokens = []
    for _ in range(100):
        world.clock.advance(1)
        tokens.append((await ada.sign_in()).json()["token"])

    assert not await is_signed_in(ada.client), "the one of the sign-up was the oldest"
    assert await is_signed_in(await world.bearer(tokens[0]))
    assert await is_signed_in(await world.bearer(tokens[-1]))


async def test_a_sign_in_in_place_of_the_newest_session_ends_no_other(world: World, ada: Person) -> None:
    """The browser's own session makes room. PostgreSQL ended the oldest session as well, SQLite did not."""
    browser = await world.browser()
    for _ in range(98):
        world.clock.advance(1)
        await ada.sign_in()
    await ada.sign_in(browser)
    world.clock.advance(1)

    await ada.sign_in(browser)

    assert await is_signed_in(browser)
    assert len((await browser.get("/list-sessions")).json()) == 100
    assert await is_signed_in(ada.client), "the one of the sign-up"


async def test_so_has_one_with_a_second_factor(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    tokens = []
    for _ in range(100):
        world.clock.advance(30)
        passed = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())
        tokens.append(passed.json()["token"])

    assert not await is_signed_in(ada.client)
    assert await is_signed_in(await world.bearer(tokens[0]))
    assert await is_signed_in(await world.bearer(tokens[-1]))


async def test_an_account_has_ten_trusted_devices_and_the_oldest_goes(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browsers = [await signed_in(world, ada, trustDevice=True) for _ in range(11)]

    devices = (await browsers[-1].get("/two-factor/trusted-devices")).json()

    assert len(devices) == 10
    assert (await ada.sign_in(browsers[0])).json().get("twoFactorRedirect") is True
    assert "user" in (await ada.sign_in(browsers[1])).json()


async def test_a_device_that_was_copied_ends_with_its_sessions(world: World, ada: Person) -> None:
    """A second use of a replaced token means that there are two copies; which is the owner's is unknown."""
    await ada.turn_on_totp()
    browser = await signed_in(world, ada, trustDevice=True)
    thief = await copy_of(world, browser, DEVICE)
    await browser.post("/sign-out")
    assert "user" in (await ada.sign_in(browser)).json()
    world.clock.advance(11)

    stopped = await ada.sign_in(thief)

    assert stopped.json().get("twoFactorRedirect") is True
    assert not await is_signed_in(browser)
    assert (await ada.sign_in(browser)).json().get("twoFactorRedirect") is True
    await world.mailbox.message_for(ada.email, MessageKind.DEVICE_TOKEN_REUSED)


async def test_a_browsers_own_second_tab_is_no_copy(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await signed_in(world, ada, trustDevice=True)
    other_tab = await copy_of(world, browser, DEVICE)

    first = await ada.sign_in(browser)
    second = await ada.sign_in(other_tab)

    for answer in (first, second):
        assert await is_signed_in(await world.bearer(answer.json()["token"]))


async def test_a_sign_in_under_way_leaves_the_session_alone(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await signed_in(world, ada)
    before = browser.cookies[SESSION]

    due = await ada.sign_in(browser)

    assert due.json()["twoFactorRedirect"] is True
    assert browser.cookies[SESSION] == before
    assert await is_signed_in(browser)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/update-user", {"name": ""}, 400),
        ("/two-factor/disable", {"password": PASSWORD}, 403),
        ("/revoke-trusted-device", {}, 404),
        ("/two-factor/verify-totp", {"code": "000000"}, 401),
    ],
)
async def test_a_session_is_renewed_whatever_the_answer(
    world: World, ada: Person, path: str, body: dict[str, object], status: int
) -> None:
    """The database extended the session, but the browser's cookie was not renewed, and users were signed out on the seventh day."""
    await ada.turn_on_totp()
    browser = await signed_in(world, ada)
    world.clock.advance(2 * 86_400)

    answer = await browser.post(path, json=body)

    assert answer.status_code == status, answer.text
    if status != 404:
        assert f"{SESSION}=" in answer.headers["set-cookie"]
        assert "Max-Age=604800" in answer.headers["set-cookie"]
