"""A factor that a host adds with one class: it enrols, signs in, steps up, is offered, audited and swept."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from athena_auth import Athena, AuthEvent
from athena_auth.factors import BackupCodes, Otp, Totp
from support.dump import fetch_all
from support.key_fob import KeyFob, code_of
from support.person import PASSWORD, Person, sign_up
from support.process import PATIENCE
from support.world import World, world_over

FACTORS = (Totp, Otp, BackupCodes, KeyFob)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, factors=FACTORS) as running:
        yield running


@pytest.fixture
async def ada(world: World) -> Person:
    return await sign_up(world)


async def turn_on(ada: Person) -> bytes:
    begun = await ada.post("/two-factor/enable", password=PASSWORD, method="fob")
    assert begun.status_code == 200, begun.text
    answer = begun.json()
    assert (answer["method"], answer["confirmationPending"], len(answer["backupCodes"])) == ("fob", True, 10)
    secret = base64.b32decode(answer["secret"])
    status = (await ada.client.get("/two-factor/status")).json()
    assert (status["enabled"], status["pendingEnrolment"]) == (False, "fob")
    confirmed = await ada.post("/two-factor/verify-fob", code=code_of(secret, 0))
    assert confirmed.status_code == 200, confirmed.text
    return secret


async def challenge(world: World) -> tuple[Any, dict[str, Any]]:
    browser = await world.browser()
    due = await browser.post("/sign-in/email", json={"email": "ada@example.com", "password": PASSWORD})
    return browser, due.json()


async def test_it_is_offered_and_signs_in_and_each_code_works_once(world: World, ada: Person) -> None:
    secret = await turn_on(ada)

    browser, due = await challenge(world)
    assert due["twoFactorMethods"] == ["otp", "backup-code", "fob"]
    assert (
        await browser.post("/two-factor/verify-fob", json={"code": code_of(secret, 0)})
    ).status_code == 401
    signed_in = await browser.post("/two-factor/verify-fob", json={"code": code_of(secret, 3)})
    assert signed_in.status_code == 200
    assert (await browser.get("/get-session")).json()["session"]["amr"] == ["pwd", "hwk"]
    again, _ = await challenge(world)
    assert (await again.post("/two-factor/verify-fob", json={"code": code_of(secret, 2)})).status_code == 401


async def test_its_attempts_are_counted_like_any_others(world: World, ada: Person) -> None:
    await turn_on(ada)

    browser, _ = await challenge(world)
    for _ in range(5):
        wrong = await browser.post("/two-factor/verify-fob", json={"code": "000000"})
        assert wrong.json()["code"] == "INVALID_CODE"
    ended = await browser.post("/two-factor/verify-fob", json={"code": "000000"})

    assert ended.json()["code"] == "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
    later, _ = await challenge(world)
    throttled = await later.post("/two-factor/verify-fob", json={"code": "000000"})
    assert throttled.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_its_code_is_enough_for_a_change(world: World, ada: Person) -> None:
    secret = await turn_on(ada)
    world.clock.advance(3_600)

    refused = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD)
    made = await ada.post("/two-factor/generate-backup-codes", password=PASSWORD, code=code_of(secret, 1))

    assert (refused.json()["code"], made.status_code) == ("STEP_UP_REQUIRED", 200)


async def test_it_is_audited_by_its_name(world: World, ada: Person, database_url: str) -> None:
    secret = await turn_on(ada)
    browser, _ = await challenge(world)
    await browser.post("/two-factor/verify-fob", json={"code": "000000"})
    await browser.post("/two-factor/verify-fob", json={"code": code_of(secret, 1)})

    names = await fetch_all(
        database_url, "SELECT event FROM athena_audit WHERE event LIKE '%fob%' ORDER BY id"
    )
    assert names == [("step-up:fob:accepted",), ("second-step:fob:refused",), ("second-step:fob:accepted",)]


async def test_its_rows_end_with_the_factors_and_are_swept(
    world: World, ada: Person, database_url: str
) -> None:
    await ada.post("/two-factor/enable", password=PASSWORD, method="fob")
    rows = "SELECT count(*) FROM athena_authenticator WHERE factor = 'fob'"
    assert await fetch_all(database_url, rows) == [(1,)]
    world.clock.advance(1)
    await world.sweep()
    assert await fetch_all(database_url, rows) == [(0,)]

    secret = await turn_on(ada)
    done = await ada.post("/two-factor/disable", password=PASSWORD, code=code_of(secret, 1))
    assert done.status_code == 200
    assert await fetch_all(database_url, rows) == [(0,)]


async def test_subscribers_hear_of_it(world: World, ada: Person) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    @world.athena.on("*:fob:*")
    async def hear(event: AuthEvent) -> None:
        await heard.put(event.name)

    await turn_on(ada)

    assert await asyncio.wait_for(heard.get(), PATIENCE) == "step-up:fob:accepted"


async def test_a_method_that_no_factor_has_is_refused(ada: Person) -> None:
    refused = await ada.post("/two-factor/enable", password=PASSWORD, method="carrier-pigeon")

    assert refused.status_code == 400
    assert "field `method`" in refused.json()["message"]


async def test_the_reference_describes_it(world: World) -> None:
    document = (await (await world.client()).get("/openapi.json")).json()

    assert "/two-factor/verify-fob" in document["paths"]
    assert document["components"]["schemas"]["EnrollableMethod"]["enum"] == ["fob", "otp", "totp"]


@pytest.mark.parametrize(
    "factors", [(Totp, Otp), (Totp, Otp, BackupCodes, KeyFob, KeyFob), (Totp, Totp, Otp, BackupCodes)]
)
def test_factors_that_do_not_go_together_are_refused(factors: Any, sqlite_url: str) -> None:
    with pytest.raises(ValueError, match=r"^factors: "):
        Athena(factors=factors)
