"""I4: attempts at the password have limits that do not lock the owner out; sends have limits too."""

import asyncio
from typing import Any

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from support.dump import execute
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

WRONG = "a wrong password"
PROXIED: dict[str, Any] = {"trusted_proxies": "127.0.0.1"}


async def guess(client: httpx.AsyncClient, email: str, password: str = WRONG) -> httpx.Response:
    return await client.post("/sign-in/email", json={"email": email, "password": password})


async def test_wrong_passwords_cause_a_delay(world: World, ada: Person) -> None:
    thief = await world.client()
    for _ in range(5):
        assert (await guess(thief, ada.email)).status_code == 401

    locked = await guess(thief, ada.email, PASSWORD)

    assert (locked.status_code, locked.json()["code"]) == (429, "ACCOUNT_TEMPORARILY_LOCKED")
    assert locked.headers["retry-after"] == "30"
    world.clock.advance(30)
    assert (await guess(thief, ada.email)).status_code == 401
    assert (await guess(thief, ada.email)).headers["retry-after"] == "60", "the delay has doubled"


async def test_an_owner_on_another_network_does_not_wait_for_an_attackers_failures(database_url: str) -> None:
    """Peers lock the account: an attacker who knows the email address can keep its owner out."""
    async with world_over(database_url, **PROXIED) as world:
        ada = await sign_up(world)
        thief = await world.client(**{"x-forwarded-for": "203.0.113.66"})
        for _ in range(6):
            await guess(thief, ada.email)
        assert (await guess(thief, ada.email, PASSWORD)).status_code == 429

        at_home = await world.client(**{"x-forwarded-for": "198.51.100.7"})

        assert (await guess(at_home, ada.email, PASSWORD)).status_code == 200


async def test_an_ipv6_network_is_one_client(database_url: str) -> None:
    async with world_over(database_url, **PROXIED) as world:
        ada = await sign_up(world)
        for n in range(5):
            await guess(await world.client(**{"x-forwarded-for": f"2001:db8:1:2::{n}"}), ada.email)

        neighbour = await world.client(**{"x-forwarded-for": "2001:db8:1:2:ffff::1"})
        other = await world.client(**{"x-forwarded-for": "2001:db8:1:3::1"})

        assert (await guess(neighbour, ada.email)).status_code == 429
        assert (await guess(other, ada.email)).status_code == 401


async def test_their_share_of_wrong_passwords_closes_the_way_in_for_strangers(database_url: str) -> None:
    """GHSA-5mgh-chvj-hqf5, CVE-2026-33640: limits by address alone are walked round with addresses."""
    async with world_over(database_url, **PROXIED) as world:
        ada = await sign_up(world)
        for n in range(70):
            thief = await world.client(**{"x-forwarded-for": f"203.0.113.{n}"})
            assert (await guess(thief, ada.email)).status_code == 401

        fresh = await world.client(**{"x-forwarded-for": "198.51.100.7"})
        closed = await guess(fresh, ada.email, PASSWORD)
        world.clock.advance(86_400 * 30)
        still = await guess(fresh, ada.email, PASSWORD)

        assert {answer.json()["code"] for answer in (closed, still)} == {"ACCOUNT_TEMPORARILY_LOCKED"}
        assert "password reset email" in closed.json()["message"]


async def trusted_browser(world: World, ada: Person) -> httpx.AsyncClient:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    answer = await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    assert answer.status_code == 200
    return browser


async def test_a_trusted_device_gets_in_past_a_lock(world: World, ada: Person) -> None:
    """OWASP's device cookie: attempts from a trusted device are counted separately."""
    browser = await trusted_browser(world, ada)
    await execute(world.database_url, "UPDATE athena_password_budget SET failures = 70")
    for _ in range(3):
        await guess(await world.client(), ada.email)
    assert (await guess(await world.client(), ada.email, PASSWORD)).status_code == 429

    signed_in = await ada.sign_in(browser)

    assert signed_in.json()["redirect"] is False


async def test_a_stolen_trust_cookie_is_no_way_round_the_budget(world: World, ada: Person) -> None:
    browser = await trusted_browser(world, ada)
    for _ in range(5):
        assert (await ada.sign_in(browser, password="a wrong password")).status_code == 401

    assert (await ada.sign_in(browser)).status_code == 429, "a device waits like anybody"


async def test_an_address_without_account_locks_like_one_with(world: World, ada: Person) -> None:
    """A lock that only accounts have would reveal which addresses have one."""
    thief = await world.client()

    def seen(answer: httpx.Response) -> tuple[int, bytes, str | None]:
        return answer.status_code, answer.content, answer.headers.get("retry-after")

    known = [seen(await guess(thief, ada.email)) for _ in range(8)]
    unknown = [seen(await guess(thief, "nobody@example.com")) for _ in range(8)]

    assert known == unknown


async def test_the_network_of_a_sprayer_is_limited(database_url: str) -> None:
    """One password, many accounts: no account sees more than one attempt."""
    async with world_over(database_url, rate_limit="on", **PROXIED) as world:
        await sign_up(world)
        answers = []
        for n in range(105):
            if n % 90 == 0:
                world.clock.advance(61)  # the limit of requests in a minute is another one
            answers.append(await guess(await world.client(), f"somebody{n}@example.com"))

        assert [answer.status_code for answer in answers] == [401] * 100 + [429] * 5
        elsewhere = await world.client(**{"x-forwarded-for": "198.51.100.7"})
        assert (await guess(elsewhere, "somebody@example.com")).status_code == 401
        world.clock.advance(3_600)
        assert (await guess(await world.client(), "somebody@example.com")).status_code == 401


async def test_an_attacker_with_an_account_cannot_reset_their_networks_count(database_url: str) -> None:
    async with world_over(database_url, rate_limit="on") as world:
        mallory = await sign_up(world, "mallory@example.com")
        refused = 0
        for n in range(110):
            if n % 40 == 0:
                world.clock.advance(61)
            refused += (await guess(await world.client(), f"somebody{n}@example.com")).status_code == 429
            if n % 10 == 0:
                await mallory.sign_in()

        assert refused == 10


async def test_a_success_resets_the_failures_at_this_account(world: World, ada: Person) -> None:
    client = await world.client()
    for _ in range(3):
        for _ in range(4):
            assert (await guess(client, ada.email)).status_code == 401
        assert (await guess(client, ada.email, PASSWORD)).status_code == 200


async def test_a_reset_by_mail_opens_the_way_in_again(world: World, ada: Person) -> None:
    await guess(await world.client(), ada.email)
    await execute(world.database_url, "UPDATE athena_password_budget SET failures = 100")
    stranger = await world.client()
    assert (await guess(stranger, ada.email, PASSWORD)).status_code == 429
    await stranger.post("/request-password-reset", json={"email": ada.email})
    mail = await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_RESET)
    body = {"newPassword": "a new long sentence", "token": str(mail.url).partition("token=")[2]}

    assert (await stranger.post("/reset-password", json=body)).status_code == 200

    assert (await guess(stranger, ada.email, "a new long sentence")).status_code == 200


async def test_an_attempt_that_was_not_verified_is_not_counted(world: World, ada: Person) -> None:
    """Under a flood the owner's correct password would use up their own attempts."""
    answers = await asyncio.gather(*[ada.sign_in() for _ in range(90)])
    assert {answer.status_code for answer in answers} == {200, 503}

    assert (await ada.sign_in()).status_code == 200


async def test_three_codes_go_out_at_once_and_then_one_each_half_minute(world: World, ada: Person) -> None:
    """better-auth's resend: no cooldown, and each send brought new attempts."""
    await ada.turn_on_totp()
    for _ in range(3):
        assert (await ada.answer(await ada.challenge(), "send-otp")).status_code == 200

    refused = await ada.answer(await ada.challenge(), "send-otp")

    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert refused.headers["retry-after"] == "30"
    world.clock.advance(30)
    assert (await ada.answer(await ada.challenge(), "send-otp")).status_code == 200
    assert (await ada.answer(await ada.challenge(), "send-otp")).status_code == 429


@pytest.mark.parametrize(("networks", "expected"), [(1, 5), (2, 10), (7, 10)])
async def test_strangers_have_ten_codes_sent_in_an_hour_and_five_from_one_network(
    database_url: str, networks: int, expected: int
) -> None:
    """Ten requests an hour kept the owner of an account that has its codes by mail out for good."""
    async with world_over(database_url, **PROXIED) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        sent = 0
        for n in range(28):
            challenged = await world.client(**{"x-forwarded-for": f"203.0.113.{n % networks}"})
            challenged.headers["authorization"] = f"Bearer {await ada.challenge()}"
            sent += (await challenged.post("/two-factor/send-otp")).status_code == 200
            world.clock.advance(60)

        assert sent == expected
        world.clock.advance(1_980)
        assert (await ada.answer(await ada.challenge(), "send-otp")).status_code == 200


async def test_a_recognized_browser_has_its_codes_sent_whatever_strangers_asked_for(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    for _ in range(12):
        await ada.answer(await ada.challenge(), "send-otp")
    await browser.post("/sign-out")

    await ada.sign_in(browser)

    assert (await browser.post("/two-factor/send-otp")).status_code == 200


async def test_a_code_that_is_typed_in_frees_the_sends(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    for nth in range(1, 13):
        challenge = await ada.challenge()
        assert (await ada.answer(challenge, "send-otp")).status_code == 200
        code = await world.mailbox.code_for(ada.email, nth=nth)
        assert (await ada.answer(challenge, "verify-otp", code=code)).status_code == 200


async def test_a_clock_that_is_set_back_keeps_no_codes_from_being_sent(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    world.clock.advance(86_400)
    for _ in range(4):
        await ada.answer(await ada.challenge(), "send-otp")
    world.clock.advance(-86_400)

    for _ in range(3):
        assert (await ada.answer(await ada.challenge(), "send-otp")).status_code == 200
