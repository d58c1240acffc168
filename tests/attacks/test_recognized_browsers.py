"""An attacker who knows the address, or even the password, cannot lock the owner out, nor get more than their share."""

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.throttle.rules import MAX_BY_RECOGNIZED, MAX_BY_STRANGERS
from support.attacker import PROXY, network, sign_in_from, wrong_totp
from support.links import reset_token, token_in, verify_address
from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, World, world_over

COOKIE = "athena-auth.recognized_browser"
HOUR = 3_600


async def owners_browser(world: World, ada: Person) -> httpx.AsyncClient:
    """Return a browser that the owner has signed in from, and out again."""
    browser = await world.browser()
    answer = await ada.sign_in(browser)
    if ada.phone is not None and answer.json().get("twoFactorRedirect"):
        done = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
        assert done.status_code == 200, done.text
        world.clock.advance(60)
    assert (await browser.post("/sign-out")).status_code == 200
    return browser


async def guess_passwords(world: World, email: str, times: int, start: int = 0) -> list[int]:
    """Guess from a network of its own each time, waiting for nothing; return the statuses."""
    answers = [
        await sign_in_from(world, network(start + number), email, "not the password")
        for number in range(times)
    ]
    return [answer.status_code for answer in answers]


async def guess_codes(world: World, ada: Person, times: int, client: httpx.AsyncClient | None = None) -> int:
    """Attempt the second factor with the correct password, an hour apart; return how many were verified."""
    verified = 0
    for _ in range(times):
        world.clock.advance(HOUR)
        browser = client or await world.browser()
        due = await ada.sign_in(browser)
        if not due.is_success:
            continue
        answer = await browser.post("/two-factor/verify-totp", json={"code": wrong_totp(ada)})
        verified += answer.status_code == 401
    return verified


async def test_strangers_cannot_keep_the_owner_from_the_password(sqlite_url: str) -> None:
    """A hundred wrong passwords from 25 addresses, in a second, and the owner was locked out."""
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        ada = await sign_up(world)
        browser = await owners_browser(world, ada)
        statuses = await guess_passwords(world, ada.email, 120)
        assert statuses.count(401) == MAX_BY_STRANGERS

        stranger = await sign_in_from(world, network(500), ada.email, PASSWORD)
        assert stranger.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"
        assert (await ada.sign_in(browser)).status_code == 200


async def test_a_recognized_browser_has_no_more_than_the_rest(world: World, ada: Person) -> None:
    """The hundred of SP 800-63B-4 section 3.2.2 are divided, not doubled."""
    await ada.turn_on_totp()
    browser = await owners_browser(world, ada)

    by_strangers = await guess_codes(world, ada, MAX_BY_STRANGERS + 10)
    by_recognized = await guess_codes(world, ada, MAX_BY_RECOGNIZED + 10, browser)

    assert (by_strangers, by_recognized) == (MAX_BY_STRANGERS, MAX_BY_RECOGNIZED)
    assert by_strangers + by_recognized == 100
    in_session = await ada.post("/two-factor/verify-totp", code=wrong_totp(ada))
    assert in_session.status_code == 429, "sessions share what browsers have used up"


async def test_strangers_with_the_password_do_not_use_up_the_owners_codes(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await owners_browser(world, ada)
    assert await guess_codes(world, ada, MAX_BY_STRANGERS + 3) == MAX_BY_STRANGERS

    due = await ada.sign_in(browser)
    assert due.json()["twoFactorRedirect"] is True
    done = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    assert done.status_code == 200, done.text


async def test_a_backup_code_is_accepted_while_codes_are_not(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await guess_codes(world, ada, MAX_BY_STRANGERS + 3)

    challenge = await ada.challenge()
    blocked = await ada.answer(challenge, "verify-totp", code=ada.code())
    passed = await ada.answer(challenge, "verify-backup-code", code=ada.backup_codes[0])

    assert (blocked.status_code, passed.status_code) == (429, 200)


@pytest.mark.parametrize("shown", ["forged", "another account's", "of the old password"])
async def test_a_cookie_that_is_not_ours_recognizes_nobody(world: World, ada: Person, shown: str) -> None:
    eve = await sign_up(world, "eve@example.com", "Eve")
    browser = await owners_browser(world, eve if shown == "another account's" else ada)
    cookie = browser.cookies[COOKIE]
    if shown == "forged":
        cookie = cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB")
    if shown == "of the old password":
        await ada.change_password("another long sentence of mine")
    await ada.turn_on_totp()
    await guess_codes(world, ada, MAX_BY_STRANGERS + 1)

    client = await world.client(cookie=f"{COOKIE}={cookie}", origin=ORIGIN)
    due = await ada.sign_in(client)
    answer = await ada.answer(due.json()["token"], "verify-totp", code=ada.code())

    assert answer.status_code == 429


async def test_the_link_of_the_mail_makes_a_browser_a_recognized_one(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        ada = await sign_up(world)
        await guess_passwords(world, ada.email, MAX_BY_STRANGERS + 5)
        mail = await world.mailbox.message_for(ada.email, MessageKind.PASSWORDS_CLOSED)
        token = token_in(str(mail.url))
        browser = await world.browser()
        assert (await ada.sign_in(browser)).status_code == 429

        wrong = await browser.post("/recognize-browser", json={"token": token, "password": "not hers"})
        right = await browser.post("/recognize-browser", json={"token": token, "password": PASSWORD})

        assert (wrong.status_code, right.status_code) == (401, 200), right.text
        assert (await browser.get("/get-session")).json() is None, "it signs nobody in"
        assert (await ada.sign_in(browser)).status_code == 200
        again = await (await world.browser()).post(
            "/recognize-browser", json={"token": token, "password": PASSWORD}
        )
        assert again.json()["code"] == "INVALID_TOKEN"


async def test_a_reset_ends_the_delay_and_not_the_count(world: World, ada: Person) -> None:
    await verify_address(ada)
    await ada.turn_on_totp()
    for _ in range(6):
        challenge = await ada.challenge()
        await ada.answer(challenge, "verify-totp", code=wrong_totp(ada))
    token = await reset_token(world, ada.email)
    new = {"token": token, "newPassword": "another long sentence of mine"}
    due = await (await world.client()).post("/reset-password", json=new)

    answer = await ada.answer(due.json()["token"], "verify-totp", code=ada.code())

    assert answer.status_code == 200, answer.text


async def test_days_of_attacks_do_not_keep_the_owner_out(sqlite_url: str) -> None:
    """One attacker has the password, one has not; the owner signs in each morning from the usual browser."""
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        browser = await owners_browser(world, ada)
        verified = 0
        for day in range(7):
            await guess_passwords(world, ada.email, 12, start=day * 12)
            for _ in range(12):
                world.clock.advance(HOUR)
                thief = await sign_in_from(world, network(900 + day), ada.email, PASSWORD)
                if thief.json().get("twoFactorRedirect"):
                    guess = await ada.answer(thief.json()["token"], "verify-totp", code=wrong_totp(ada))
                    verified += guess.status_code == 401
            world.clock.advance(12 * HOUR)
            assert (await ada.sign_in(browser)).json().get("twoFactorRedirect") is True, day
            done = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
            assert done.status_code == 200, (day, done.text)
        assert verified <= MAX_BY_STRANGERS
