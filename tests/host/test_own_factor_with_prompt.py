"""A host's factor whose responses are JSON objects that answer a prompt, with several named authenticators."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from athena_auth.factors import BackupCodes, Otp, Totp
from support.dump import fetch_all
from support.person import PASSWORD, Person, sign_up
from support.security_key import Key, SecurityKeys
from support.world import World, world_over

FACTORS = (Totp, Otp, BackupCodes, SecurityKeys)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, factors=FACTORS) as running:
        yield running


@pytest.fixture
async def ada(world: World) -> Person:
    return await sign_up(world)


async def add_key(ada: Person, label: str) -> Key:
    key = Key()
    begun = await ada.post("/two-factor/enable", password=PASSWORD, method="key", label=label)
    assert begun.status_code == 200, begun.text
    confirmed = await ada.post("/two-factor/verify-key", response=key.sign(begun.json()["nonce"]))
    assert confirmed.status_code == 200, confirmed.text
    return key


async def challenge(world: World) -> httpx.AsyncClient:
    browser = await world.browser()
    due = await browser.post("/sign-in/email", json={"email": "ada@example.com", "password": PASSWORD})
    assert "key" in due.json()["twoFactorMethods"]
    return browser


async def prompt(browser: httpx.AsyncClient) -> dict[str, Any]:
    prompted = await browser.post("/two-factor/prompt-key", json={})
    assert prompted.status_code == 200, prompted.text
    options: dict[str, Any] = prompted.json()["options"]
    return options


async def answer(browser: httpx.AsyncClient, response: object) -> httpx.Response:
    return await browser.post("/two-factor/verify-key", json={"response": response})


def code_of(response: httpx.Response) -> str:
    code: str = response.json()["code"]
    return code


async def test_each_of_two_named_keys_signs_in(world: World, ada: Person) -> None:
    blue, red = await add_key(ada, "Blue key"), await add_key(ada, "Red key")

    for key in (blue, red):
        browser = await challenge(world)
        shown = await prompt(browser)
        assert sorted(shown["keys"]) == ["Blue key", "Red key"]
        assert (await answer(browser, key.sign(shown["nonce"]))).status_code == 200
        assert (await browser.get("/get-session")).json()["session"]["amr"] == ["pwd", "hwk"]


async def test_a_key_is_enough_for_a_change(world: World, ada: Person) -> None:
    key = await add_key(ada, "Blue key")
    world.clock.advance(3_600)

    refused = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)
    shown = (await ada.post("/two-factor/prompt-key")).json()["options"]
    verified = await ada.post("/two-factor/verify-key", response=key.sign(shown["nonce"]))
    made = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)

    assert (code_of(refused), verified.status_code, made.status_code) == ("STEP_UP_REQUIRED", 200, 200)


async def test_a_prompt_is_answered_once_even_by_a_wrong_response(world: World, ada: Person) -> None:
    """An attacker who may answer one prompt again and again tries signatures; one who records a response replays it."""
    key = await add_key(ada, "Blue key")
    browser = await challenge(world)
    nonce = (await prompt(browser))["nonce"]

    wrong = await answer(browser, Key().sign(nonce))
    late = await answer(browser, key.sign(nonce))

    assert (code_of(wrong), code_of(late)) == ("INVALID_CODE", "CHALLENGE_NOT_FOUND")
    again = (await prompt(browser))["nonce"]
    assert (await answer(browser, key.sign(again))).status_code == 200


async def test_a_response_to_another_challenges_prompt_is_wrong(world: World, ada: Person) -> None:
    key = await add_key(ada, "Blue key")
    phished, own = await challenge(world), await challenge(world)
    await prompt(own)
    nonce = (await prompt(phished))["nonce"]

    refused = await answer(own, key.sign(nonce))

    assert (refused.status_code, code_of(refused)) == (401, "INVALID_CODE")
    assert (await answer(phished, key.sign(nonce))).status_code == 200


class ThrottledKeys(SecurityKeys):
    """Keys whose responses are counted like codes."""

    is_throttled = True


async def test_a_throttled_response_leaves_the_prompt_to_be_answered_later(database_url: str) -> None:
    async with world_over(database_url, factors=(Totp, Otp, BackupCodes, ThrottledKeys)) as world:
        key = await add_key(await sign_up(world), "Blue key")
        strange = await challenge(world)
        for _ in range(5):
            await answer(strange, Key().sign((await prompt(strange))["nonce"]))
        browser = await challenge(world)
        nonce = (await prompt(browser))["nonce"]

        blocked = await answer(browser, key.sign(nonce))
        world.clock.advance(30)
        later = await answer(browser, key.sign(nonce))

    assert (code_of(blocked), later.status_code) == ("ACCOUNT_TEMPORARILY_LOCKED", 200)


async def test_a_response_without_a_prompt_never_reaches_the_factor(world: World, ada: Person) -> None:
    key = await add_key(ada, "Blue key")
    browser = await challenge(world)

    refused = await answer(browser, key.sign(""))

    assert (refused.status_code, code_of(refused)) == (400, "CHALLENGE_NOT_FOUND")


async def test_a_prompt_expires_after_five_minutes_and_is_swept(
    world: World, ada: Person, database_url: str
) -> None:
    key = await add_key(ada, "Blue key")
    browser = await challenge(world)
    nonce = (await prompt(browser))["nonce"]
    kept = "SELECT count(*) FROM athena_prompt"
    assert await fetch_all(database_url, kept) == [(1,)]

    world.clock.advance(299)
    assert (await answer(browser, key.sign(nonce))).status_code == 200
    browser = await challenge(world)
    nonce = (await prompt(browser))["nonce"]
    world.clock.advance(300)
    late = await answer(browser, key.sign(nonce))
    assert code_of(late) == "CHALLENGE_NOT_FOUND"

    await prompt(browser)
    world.clock.advance(300)
    await world.sweep()
    assert await fetch_all(database_url, kept) == [(0,)]


async def test_a_change_of_credentials_ends_what_was_prompted(
    world: World, ada: Person, database_url: str
) -> None:
    await add_key(ada, "Blue key")
    await prompt(await challenge(world))

    await ada.post("/change-password", currentPassword=PASSWORD, newPassword="a battery of horses")

    assert await fetch_all(database_url, "SELECT count(*) FROM athena_prompt") == [(0,)]


@pytest.mark.parametrize(
    "response", [{}, {"key": 1}, {"key": "!", "count": 1, "signature": ""}, "123456", [], None]
)
async def test_what_cannot_be_a_response_is_no_attempt(world: World, ada: Person, response: Any) -> None:
    key = await add_key(ada, "Blue key")
    browser = await challenge(world)
    shown = await prompt(browser)

    for _ in range(6):
        refused = await answer(browser, response)
        assert (refused.status_code, code_of(refused)) == (400, "VALIDATION_ERROR")
    assert (await answer(browser, key.sign(shown["nonce"]))).status_code == 200


@pytest.mark.parametrize("body", [{}, {"code": "123456", "response": {}}])
async def test_a_code_and_a_response_together_are_refused(world: World, ada: Person, body: Any) -> None:
    await add_key(ada, "Blue key")

    refused = await (await challenge(world)).post("/two-factor/verify-key", json=body)

    assert refused.json()["message"] == "Send either `code` or `response`."


async def test_no_one_else_is_prompted(world: World, ada: Person) -> None:
    refused = await ada.post("/two-factor/prompt-key")
    stranger = await (await world.client()).post("/two-factor/prompt-key", json={})

    assert code_of(refused) == "TWO_FACTOR_NOT_ENABLED"
    assert code_of(stranger) == "INVALID_TWO_FACTOR_COOKIE"


async def test_a_challenge_without_attempts_left_is_not_prompted(world: World, ada: Person) -> None:
    await add_key(ada, "Blue key")
    browser = await challenge(world)
    for _ in range(5):
        await answer(browser, Key().sign((await prompt(browser))["nonce"]))

    cookies = dict(browser.cookies)
    refused = await browser.post("/two-factor/prompt-key", json={})
    browser.cookies.update(cookies)
    again = await browser.post("/two-factor/prompt-key", json={})

    assert code_of(refused) == "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
    assert code_of(again) == "INVALID_TWO_FACTOR_COOKIE", "the challenge has ended"


async def test_a_double_click_gets_the_first_answer(world: World, ada: Person) -> None:
    key = await add_key(ada, "Blue key")
    browser = await challenge(world)
    response = key.sign((await prompt(browser))["nonce"])
    cookies = dict(browser.cookies)

    first = await answer(browser, response)
    browser.cookies.clear()
    browser.cookies.update(cookies)
    second = await answer(browser, response)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["token"] == second.json()["token"]


async def test_of_two_responses_at_once_one_signs_in(world: World, ada: Person) -> None:
    key = await add_key(ada, "Blue key")
    browser = await challenge(world)
    response = key.sign((await prompt(browser))["nonce"])
    sent = (await browser.get("/two-factor/status")).request.headers  # the cookie of the challenge
    clients = [await world.client() for _ in range(4)]

    answers = await asyncio.gather(
        *(
            client.post(
                "/two-factor/verify-key",
                json={"response": response},
                headers={
                    "cookie": sent["cookie"],
                    "origin": str(browser.base_url.copy_with(path="/")).rstrip("/"),
                },
            )
            for client in clients
        )
    )

    tokens = {answered.json()["token"] for answered in answers if answered.status_code == 200}
    assert len(tokens) == 1


async def test_the_reference_describes_the_prompt(world: World) -> None:
    document = (await (await world.client()).get("/openapi.json")).json()

    assert "/two-factor/prompt-key" in document["paths"]
    assert "label" in document["components"]["schemas"]["EnableBody"]["properties"]
