"""Trusted devices: cookies that are forged, edited, or kept after they have ended."""

import base64
import hashlib
import hmac

import httpx
import pytest

from support.links import reset_token, verify_address
from support.person import PASSWORD, Person
from support.world import SECRET, World

COOKIE = "athena-auth.trust_device"


async def trusted_browser(ada: Person) -> httpx.AsyncClient:
    browser = await ada.world.browser()
    await ada.sign_in(browser)
    body = {"code": ada.backup_codes.pop(), "trustDevice": True}
    passed = await browser.post("/two-factor/verify-backup-code", json=body)
    assert passed.status_code == 200, passed.text
    return browser


async def is_challenged(ada: Person, browser: httpx.AsyncClient) -> bool:
    return "twoFactorRedirect" in (await ada.sign_in(browser)).json()


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def json_web_token(user_id: str, algorithm: str, key: str) -> str:
    """Return the trust token that scheb/2fa made, signed as a forger would."""
    head = encoded(f'{{"typ":"JWT","alg":"{algorithm}"}}')
    body = encoded(f'{{"fwn":"main","unm":"{user_id}","vsn":1,"exp":4102444800}}')
    signature = hmac.new(key.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    tail = "" if algorithm == "none" else base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return f"{head}.{body}.{tail}"


@pytest.mark.parametrize(("algorithm", "key"), [("none", ""), ("HS256", ""), ("HS256", SECRET)])
async def test_a_trust_token_that_was_signed_is_worth_nothing(
    world: World, ada: Person, algorithm: str, key: str
) -> None:
    """GHSA-h6mp-mc7g-mg49: trust was a signed statement, and could be made up; here it is a row or nothing."""
    await ada.turn_on_totp()
    user_id = (await ada.session())["user"]["id"]
    browser = await world.browser()
    browser.cookies.set(COOKIE, json_web_token(user_id, algorithm, key))

    assert await is_challenged(ada, browser)


async def test_an_edited_trust_cookie_is_worth_nothing(world: World, ada: Person) -> None:
    """GHSA-9phw-7h96-q3rv: a remember-me cookie that was almost right skipped the second factor."""
    await ada.turn_on_totp()
    token = (await trusted_browser(ada)).cookies[COOKIE]
    swapped = token.swapcase()
    edited = [
        token[:-1],
        token + "A",
        f"{token}.",
        f"{token[0]}{token}",
        swapped,
        token[::-1],
        f"2fa_{token}",
    ]

    for forged in edited:
        browser = await world.browser()
        browser.cookies.set(COOKIE, forged)
        assert await is_challenged(ada, browser), forged

    genuine = await world.browser()
    genuine.cookies.set(COOKIE, token)
    assert not await is_challenged(ada, genuine)


async def test_a_trust_token_alone_signs_nobody_in(world: World, ada: Person) -> None:
    """GHSA-9phw-7h96-q3rv: trust stands in for the second factor, never for the first."""
    await ada.turn_on_totp()
    browser = await trusted_browser(ada)
    thief = await world.browser()
    thief.cookies.set(COOKIE, browser.cookies[COOKIE])

    assert (await ada.sign_in(thief, password="a guess of hers")).status_code == 401
    assert (await thief.get("/get-session")).json() is None
    assert (await thief.post("/two-factor/verify-totp", json={"code": ada.code()})).status_code == 401


async def test_every_browsers_trust_ends_with_the_factor(world: World, ada: Person) -> None:
    """better-auth disable (own reading): only the caller's own trust record was removed."""
    await ada.turn_on_totp()
    laptop, phone = await trusted_browser(ada), await trusted_browser(ada)
    tokens = [browser.cookies[COOKIE] for browser in (laptop, phone)]

    await laptop.post("/two-factor/disable", json={"password": PASSWORD})
    ada.client = await world.bearer((await ada.sign_in()).json()["token"])
    await ada.turn_on_totp()

    for token in tokens:
        browser = await world.browser()
        browser.cookies.set(COOKIE, token)
        assert await is_challenged(ada, browser)


async def test_no_device_stays_trusted_through_a_reset_by_mail(world: World, ada: Person) -> None:
    """vaultwarden PR 7682, scheb/2fa 126, nodewarden 370, monize-fork 37: 30 days of trust outlived a reset."""
    await verify_address(ada)
    await ada.turn_on_totp()
    browser = await trusted_browser(ada)
    ada.password = "a wholly different password"
    body = {"token": await reset_token(world, ada.email), "newPassword": ada.password}
    assert (await (await world.client()).post("/reset-password", json=body)).status_code == 200

    assert await is_challenged(ada, browser)
