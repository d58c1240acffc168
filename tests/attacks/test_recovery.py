"""Attackers who want an account's second factors removed, by what they have (docs/adr/0029-recovery-when-everything-is-lost.md)."""

from collections.abc import AsyncIterator

import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from support.links import reset_token
from support.person import Person
from support.recovery import (
    DAY,
    complete,
    due_case,
    factors_are_on,
    open_case,
    post,
    recovering_person,
    request_case,
    token_of,
    wait,
)
from support.world import World, world_over

NEW = "another long sentence of mine"


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, recovery="on", otp_fallback="off") as running:
        yield running


@pytest_asyncio.fixture
async def ada(world: World) -> Person:
    return await recovering_person(world)


async def reset_password(person: Person, *, nth: int = 1) -> None:
    client = await person.world.client()
    body = {"token": await reset_token(person.world, person.email, nth=nth), "newPassword": NEW}
    assert (await client.post("/reset-password", json=body)).status_code == 200
    person.password = NEW


async def test_with_the_password_alone_a_case_is_not_opened_and_the_owner_is_warned(
    world: World, ada: Person
) -> None:
    challenge = await ada.challenge()
    asked = await ada.answer(challenge, "recovery/begin")

    assert asked.json() == {"status": True}, "nothing of the link is in the answer"
    assert (await post(world, "open", token=challenge)).json()["code"] == "INVALID_TOKEN"
    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_REQUESTED)


async def test_with_the_mailbox_alone_a_reset_password_opens_no_case_ever(world: World, ada: Person) -> None:
    """Reset the password by mail, then recover by mail: the mailbox would be the whole account."""
    await reset_password(ada)

    for nth in (1, 2):
        refused = await post(world, "open", token=await request_case(ada, nth=nth))
        assert refused.json()["code"] == "RECOVERY_NEEDS_OPERATOR"
        world.clock.advance(60 * DAY)
    assert await factors_are_on(ada)


async def test_with_the_mailbox_alone_an_owners_case_is_not_completed(world: World, ada: Person) -> None:
    """The owner's password opened the case; the attacker replaces it while the case waits."""
    token = await due_case(ada)
    await reset_password(ada)

    assert (await complete(ada, token)).json()["code"] == "INVALID_TOKEN"
    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_ENDED)
    assert await factors_are_on(ada)


async def test_with_the_mailbox_alone_a_link_of_the_owner_opens_a_case_that_only_the_password_completes(
    world: World, ada: Person
) -> None:
    token = await due_case(ada)

    attempted = await post(world, "complete", token=token, password=NEW)

    assert attempted.json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    assert await factors_are_on(ada)


async def test_with_both_the_attacker_waits_and_the_owner_is_warned_every_day(
    world: World, ada: Person
) -> None:
    await open_case(ada)
    await wait(world, 2)

    kinds = world.mailbox.kinds_for(ada.email)
    assert kinds.count(MessageKind.RECOVERY_OPENED) == 1
    assert kinds.count(MessageKind.RECOVERY_WAITING) == 2
    stopped = await post(world, "cancel", token=await token_of(ada, MessageKind.RECOVERY_WAITING, nth=2))
    assert stopped.status_code == 200
    await wait(world, 5)
    assert MessageKind.RECOVERY_DUE not in world.mailbox.kinds_for(ada.email)
    again = await post(world, "open", token=await request_case(ada, nth=2))
    assert again.json()["code"] == "RECOVERY_TOO_SOON", "one attempt a month"


async def test_with_both_the_owner_who_signs_in_as_usual_ends_the_attack(world: World, ada: Person) -> None:
    token = await due_case(ada)
    await ada.answer(await ada.challenge(), "verify-totp", code=ada.code())

    assert (await complete(ada, token)).json()["code"] == "RECOVERY_ENDED"


async def test_with_both_and_a_trusted_device_the_attacker_waits_as_well(world: World, ada: Person) -> None:
    """A trusted device replaces the factor at sign-in. It neither shortens a case nor, as a factor would, ends one."""
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    world.clock.advance(60)
    await open_case(ada)

    signed_in = await ada.sign_in(browser)

    assert "user" in signed_in.json(), "the device is trusted"
    refused = await browser.post("/two-factor/disable", json={"password": ada.password})
    assert refused.json()["code"] == "STEP_UP_REQUIRED"
    await wait(world, 2)
    assert MessageKind.RECOVERY_DUE not in world.mailbox.kinds_for(ada.email)
    assert MessageKind.RECOVERY_ENDED not in world.mailbox.kinds_for(ada.email)
    await wait(world, 1)
    recovered = await complete(ada, await token_of(ada, MessageKind.RECOVERY_DUE))
    assert recovered.json()["enrolmentRequired"] is True
    again = await ada.sign_in(browser)
    assert again.json()["enrolmentRequired"] is True, "the trust of the device ended"
