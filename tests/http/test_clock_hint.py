"""At enrolment, the refusal says how far a device's clock is off; at sign-in it says nothing.

At sign-in that would be an oracle that confirms forty codes instead of three. At enrolment the user has the secret
anyway.
"""

import pytest

from support.person import Person
from support.world import World

WRONG_OR_USED = "The code is wrong or has already been used. Wait for the next one, then try again."
NEAR = [*range(-20, -1), *range(2, 21)]


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
async def test_a_clock_that_is_off_is_reported_at_enrolment(ada: Person, steps: int, off: str) -> None:
    """pypi/support 178, 2263, 5043, 10821: "invalid code", again and again, and nobody knew why."""
    await ada.enable()

    answer = await ada.post("/two-factor/verify-totp", code=ada.code(steps))

    assert answer.status_code == 401
    assert answer.json() == {
        "code": "INVALID_CODE",
        "message": f"The code is correct for another time: your device's clock seems to be off by about {off}. "
        "Set the clock and try again.",
    }


@pytest.mark.parametrize("steps", [21, -21])
async def test_a_code_from_further_away_is_a_wrong_one(ada: Person, steps: int) -> None:
    await ada.enable()

    answer = await ada.post("/two-factor/verify-totp", code=ada.code(steps))

    assert answer.json()["message"] == WRONG_OR_USED


async def test_a_hint_is_a_failed_attempt_and_confirms_nothing(ada: Person) -> None:
    await ada.enable()
    for steps in (-6, -5, -4, -3, -2):
        told = await ada.post("/two-factor/verify-totp", code=ada.code(steps))
        assert "correct for another time" in told.json()["message"]

    blocked = await ada.post("/two-factor/verify-totp", code=ada.code())

    assert blocked.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_a_replacement_is_checked_against_its_own_secret_only(world: World, ada: Person) -> None:
    """With a session alone, the codes of the active phone must not be called right for another time."""
    await ada.turn_on_totp()
    world.clock.advance(300)
    old_phone = ada.phone
    await ada.step_up()
    await ada.enable()
    ada.phone = old_phone

    answer = await ada.post("/two-factor/verify-totp", code=ada.code(6))

    assert answer.json()["message"] == WRONG_OR_USED


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_refusal_of_an_active_phone_does_not_depend_on_the_clock(
    world: World, ada: Person, *, signed_in: bool
) -> None:
    """At sign-in and at step-up a code of another minute reads like any wrong code."""
    await ada.turn_on_totp()
    world.clock.advance(3600)
    refusals = set()
    for steps in NEAR[::2]:
        if signed_in:
            answer = await ada.post("/two-factor/verify-totp", code=ada.code(steps))
        else:
            answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code(steps))
        refusals.add((answer.status_code, answer.json()["message"]))
        world.clock.advance(3600)

    assert refusals == {(401, WRONG_OR_USED)}


async def test_a_sign_in_learns_nothing_of_the_phone_that_is_being_enrolled(
    world: World, ada: Person
) -> None:
    """A hint on the pending secret would tell an attacker with the password about a phone that is in force soon."""
    await ada.turn_on_totp()
    world.clock.advance(300)
    await ada.step_up()
    await ada.enable()

    answer = await ada.answer(await ada.challenge(), "verify-totp", code=ada.code(6))

    assert (answer.status_code, answer.json()["message"]) == (401, WRONG_OR_USED)
