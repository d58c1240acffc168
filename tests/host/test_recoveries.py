"""Recovery cases that an operator opens, shortens and cancels: from code."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from athena_auth.host.errors import RefusedError
from support.dump import fetch_all
from support.links import reset_token
from support.person import Person
from support.recovery import complete, factors_are_on, open_case, post, recovering_person, token_of, wait
from support.world import World, world_over

WHY = "Ticket 4711: showed their passport at the desk."


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, recovery="on") as running:
        yield running


@pytest_asyncio.fixture
async def ada(world: World) -> Person:
    return await recovering_person(world)


@pytest_asyncio.fixture
async def user_id(ada: Person) -> str:
    session = await ada.session()
    return str(session["user"]["id"])


async def notes(world: World) -> list[tuple[str, str]]:
    await world.delivered()
    rows = await fetch_all(
        world.database_url, "SELECT event, note FROM athena_audit WHERE note IS NOT NULL ORDER BY id"
    )
    return [(str(event), str(note)) for event, note in rows]


async def test_a_case_of_an_operator_is_shortened_and_completed_by_its_owner(
    world: World, ada: Person, user_id: str
) -> None:
    users = world.athena.users
    opened = await users.open_recovery(user_id, reason=WHY)
    assert await users.recovery(user_id) == opened
    mail = await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_OPENED_BY_OPERATOR)
    assert mail.url is not None, "the owner can cancel it"

    shortened = await users.shorten_recovery(user_id, reason="Called back.")

    assert shortened.due_at < opened.due_at
    answer = await complete(ada, await token_of(ada, MessageKind.RECOVERY_DUE))
    assert answer.json()["enrolmentRequired"] is True
    assert await users.recovery(user_id) is None
    assert await notes(world) == [
        ("operator:recovery:opened", WHY),
        ("operator:recovery:shortened", "Called back."),
    ]


async def test_shortening_to_a_day_notifies_the_owner_and_waits_for_it(
    world: World, ada: Person, user_id: str
) -> None:
    await open_case(ada)

    await world.athena.users.shorten_recovery(user_id, reason=WHY, days=1)

    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_WAITING)
    await wait(world, 1)
    assert (await complete(ada, await token_of(ada, MessageKind.RECOVERY_DUE))).status_code == 200
    assert world.mailbox.kinds_for(ada.email).count(MessageKind.RECOVERY_WAITING) == 1


async def test_an_operator_may_open_a_case_that_the_owner_must_not(
    world: World, ada: Person, user_id: str
) -> None:
    client = await world.client()
    body = {"token": await reset_token(world, ada.email), "newPassword": "another long sentence of mine"}
    await client.post("/reset-password", json=body)

    assert (await world.athena.users.open_recovery(user_id, reason=WHY)).user_id == user_id


async def test_cancelling_is_recorded_with_its_reason(world: World, ada: Person, user_id: str) -> None:
    await open_case(ada)

    await world.athena.users.cancel_recovery(user_id, reason=WHY)

    await world.mailbox.message_for(ada.email, MessageKind.RECOVERY_ENDED)
    assert await notes(world) == [("operator:recovery:cancelled", WHY)]
    assert await factors_are_on(ada)


async def test_a_reset_of_the_factors_ends_the_case(world: World, ada: Person, user_id: str) -> None:
    await open_case(ada)

    await world.athena.users.reset_second_factor(user_id)

    assert await world.athena.users.recovery(user_id) is None
    cancelled = await post(world, "cancel", token=await token_of(ada, MessageKind.RECOVERY_OPENED))
    assert cancelled.json()["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "a\0b", "x" * 501])
async def test_a_reason_is_needed(world: World, user_id: str, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        await world.athena.users.open_recovery(user_id, reason=reason)

    assert caught.value.code == "VALIDATION_ERROR"
    assert await world.athena.users.recovery(user_id) is None


async def test_what_cannot_be_done_is_refused(world: World, ada: Person, user_id: str) -> None:
    users = world.athena.users

    async def refusal(call: object) -> str:
        with pytest.raises(RefusedError) as caught:
            await call  # type: ignore[misc]  # a coroutine
        return caught.value.code

    assert await refusal(users.open_recovery("nobody", reason=WHY)) == "USER_NOT_FOUND"
    assert await refusal(users.shorten_recovery(user_id, reason=WHY)) == "RECOVERY_ENDED"
    assert await refusal(users.cancel_recovery(user_id, reason=WHY)) == "RECOVERY_ENDED"
    await users.open_recovery(user_id, reason=WHY)
    assert await refusal(users.open_recovery(user_id, reason=WHY)) == "RECOVERY_ALREADY_OPEN"
    assert await refusal(users.shorten_recovery(user_id, reason=WHY, days=3)) == "CONFLICT"
    with pytest.raises(ValueError, match="negative"):
        await users.shorten_recovery(user_id, reason=WHY, days=-1)


async def test_it_is_refused_where_recovery_is_off(database_url: str) -> None:
    async with world_over(database_url) as world:
        ada = await recovering_person(world)
        user_id = (await ada.session())["user"]["id"]

        with pytest.raises(RefusedError, match="ATHENA_RECOVERY"):
            await world.athena.users.open_recovery(user_id, reason=WHY)
