"""Somebody whose device's clock is off is told so, and nobody else gets anything out of it (I3, I4).

To be told that a guess is right for a later time is to hold a code that will be good: with forty such steps beside
the three that are accepted, guessing would be thirteen times as easy. So a code that was told is never accepted.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from support.person import Person
from support.world import World, world_over

WRONG_OR_USED = "The code is wrong or was used already; wait for the next one and try again."
STEP = 30


@pytest_asyncio.fixture
async def ada(world: World, ada: Person) -> Person:
    """Return somebody with a phone that nothing was proven by for a while."""
    await ada.turn_on_totp()
    world.clock.advance(20 * 60)
    return ada


async def offer(ada: Person, code: str) -> httpx.Response:
    return await ada.answer(await ada.challenge(), "verify-totp", code=code)


def is_told(answer: httpx.Response) -> bool:
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CODE")
    return "right for another time" in answer.json()["message"]


@pytest.mark.parametrize(
    ("steps", "off"),
    [
        (2, "1 minute (it is ahead)"),
        (-2, "1 minute (it is behind)"),
        (4, "2 minutes (it is ahead)"),
        (-9, "4 minutes (it is behind)"),
        (20, "10 minutes (it is ahead)"),
        (-20, "10 minutes (it is behind)"),
    ],
)
async def test_the_owner_of_a_device_whose_clock_is_off_is_told_by_how_much(
    ada: Person, steps: int, off: str
) -> None:
    """pypi/support 178, 2263, 5043, 10821: "invalid code", again and again, and nobody knew why."""
    answer = await offer(ada, ada.code(steps))

    assert answer.status_code == 401
    assert answer.json() == {
        "code": "INVALID_CODE",
        "message": f"The code is right for another time: your device's clock seems to be off by about {off}; "
        "correct it and try again.",
    }


@pytest.mark.parametrize("steps", [21, -21])
async def test_a_code_from_further_away_is_a_wrong_one(ada: Person, steps: int) -> None:
    assert (await offer(ada, ada.code(steps))).json()["message"] == WRONG_OR_USED


async def test_a_code_that_was_used_is_not_called_out_of_time(world: World, ada: Person) -> None:
    used, before = ada.code(), ada.code(-1)
    assert (await offer(ada, used)).status_code == 200

    for _ in range(2):
        for code in (used, before):
            assert (await offer(ada, code)).json()["message"] == WRONG_OR_USED
        world.clock.advance(5 * 60)


async def test_a_hint_is_a_wrong_guess_all_the_same(ada: Person) -> None:
    for steps in (-6, -5, -4, -3, -2):
        assert is_told(await offer(ada, ada.code(steps)))

    assert (await offer(ada, ada.code())).json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


@pytest.mark.parametrize("early", [1, 0, -1])
async def test_a_code_that_was_told_is_refused_when_its_time_has_come(
    world: World, ada: Person, early: int
) -> None:
    told = ada.code(6)
    assert is_told(await offer(ada, told))
    world.clock.advance((6 - early) * STEP)
    assert ada.code(early) == told

    refused = await offer(ada, told)
    owner = await offer(ada, ada.code(early + 1) if early <= 0 else ada.code())

    assert (refused.status_code, refused.json()["message"]) == (401, WRONG_OR_USED)
    assert owner.status_code == 200


async def test_codes_to_come_cannot_be_collected(world: World, ada: Person) -> None:
    """While one that was told is still to come, or is just in its window, no other is told, and so none is burnt."""
    first = ada.code(4)
    assert is_told(await offer(ada, first))
    for _ in range(6):
        assert not is_told(await offer(ada, ada.code(7)))
        passed = await offer(ada, ada.code())
        assert passed.status_code == (401 if ada.code() == first else 200)
        world.clock.advance(STEP)

    second = ada.code(7)
    assert is_told(await offer(ada, second))
    assert not is_told(await offer(ada, first))
    world.clock.advance(7 * STEP)
    assert not is_told(await offer(ada, second))
    assert (await offer(ada, ada.code(1))).status_code == 200


async def test_a_step_that_has_passed_is_told_while_one_to_come_is_withheld(ada: Person) -> None:
    assert is_told(await offer(ada, ada.code(4)))

    assert is_told(await offer(ada, ada.code(-4)))
    assert (await offer(ada, ada.code())).status_code == 200


async def test_the_same_holds_in_a_live_session(world: World, ada: Person) -> None:
    told = ada.code(4)
    assert is_told(await ada.post("/two-factor/verify-totp", code=told))
    world.clock.advance(4 * STEP)

    assert not is_told(await ada.post("/two-factor/verify-totp", code=told))
    assert (await ada.post("/two-factor/verify-totp", code=ada.code(1))).status_code == 200


async def test_a_phone_that_is_being_enrolled_is_told_too(world: World, ada: Person) -> None:
    old_phone = ada.phone
    await ada.enable()
    told = ada.code(4)
    assert is_told(await ada.post("/two-factor/verify-totp", code=told))
    world.clock.advance(4 * STEP)

    assert not is_told(await ada.post("/two-factor/verify-totp", code=told))
    new_phone, ada.phone = ada.phone, old_phone
    assert (await offer(ada, ada.code())).status_code == 200
    ada.phone = new_phone
    assert (await ada.post("/two-factor/verify-totp", code=ada.code(1))).status_code == 200


async def test_what_was_told_of_one_secret_is_not_held_against_the_next(world: World, ada: Person) -> None:
    await ada.enable()
    assert is_told(await ada.post("/two-factor/verify-totp", code=ada.code(4)))
    await ada.enable()
    world.clock.advance(4 * STEP)

    assert (await ada.post("/two-factor/verify-totp", code=ada.code())).status_code == 200


@pytest_asyncio.fixture
async def lagging(world: World, ada: Person, database_url: str) -> AsyncIterator[World]:
    """Run a second server over the same database; its clock is a minute and a half behind."""
    async with world_over(database_url) as other:
        other.clock.advance((world.clock.now() - other.clock.now()) / 1000 - 3 * STEP)
        yield other


async def answer_at(other: World, ada: Person, code: str) -> httpx.Response:
    return await (await other.bearer(await ada.challenge())).post(
        "/two-factor/verify-totp", json={"code": code}
    )


async def test_what_has_passed_here_is_not_accepted_where_the_clock_is_behind(
    lagging: World, ada: Person
) -> None:
    """Servers share the database and not the clock: what one calls passed, another might accept."""
    told = ada.code(-3)
    assert is_told(await offer(ada, told))

    assert (await answer_at(lagging, ada, told)).status_code == 401
    assert (await answer_at(lagging, ada, ada.code(-2))).status_code == 200


async def test_what_was_told_before_the_last_is_not_accepted_where_the_clock_is_behind(
    world: World, lagging: World, ada: Person
) -> None:
    first = ada.code(4)
    assert is_told(await offer(ada, first))
    for clock in (world.clock, lagging.clock):
        clock.advance(6 * STEP)
    assert is_told(await offer(ada, ada.code(4)))

    assert (await answer_at(lagging, ada, first)).status_code == 401
    assert (await offer(ada, ada.code())).status_code == 200
