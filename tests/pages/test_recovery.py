"""The pages of recovery when every second factor is lost, without JavaScript."""

from collections.abc import AsyncIterator

import pytest

from athena_auth.delivery.model import MessageKind
from support.account_pages import signed_in
from support.person import PASSWORD, Person
from support.recovery import factors_are_on, open_case, recovering_person, wait
from support.visitor import Visitor
from support.world import World, world_over

LOST = "I have lost all of these"


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    async with world_over(sqlite_url, recovery="on") as running:
        yield running


@pytest.fixture
async def person(world: World) -> Person:
    return await recovering_person(world)


async def at_second_step(person: Person) -> Visitor:
    visitor = Visitor(await person.world.visitor())
    await visitor.open("/sign-in")
    await visitor.send("Sign in", email=person.email, password=PASSWORD)
    return visitor


async def opened_link(person: Person, kind: MessageKind) -> Visitor:
    """Open the link of a mail in a browser that knows nothing of the account."""
    mail = await person.world.mailbox.message_for(person.email, kind)
    visitor = Visitor(await person.world.visitor())
    await visitor.open(str(mail.url))
    return visitor


async def test_the_second_step_leads_to_the_recovery(person: Person) -> None:
    visitor = await at_second_step(person)
    await visitor.follow(LOST)
    assert "3 days" in visitor.text
    await visitor.send("Send the link")
    assert "We have sent you a link" in visitor.said

    visitor = await opened_link(person, MessageKind.RECOVERY_REQUESTED)
    assert MessageKind.RECOVERY_OPENED not in person.world.mailbox.kinds_for(person.email), (
        "a scanner opens links"
    )
    await visitor.send("Begin the recovery")

    assert "The recovery has begun" in visitor.text
    assert "3 days" in visitor.text
    assert "token" not in visitor.url


async def test_a_mailed_link_cancels_without_signing_in(person: Person) -> None:
    await open_case(person)
    visitor = await opened_link(person, MessageKind.RECOVERY_OPENED)
    await visitor.send("Cancel the recovery")
    assert "The recovery was cancelled" in visitor.said

    again = await opened_link(person, MessageKind.RECOVERY_OPENED)
    await again.send("Cancel the recovery")
    assert "completed or cancelled" in again.said


async def test_the_last_mail_completes_the_recovery(person: Person) -> None:
    await open_case(person)
    await wait(person.world, 3)
    visitor = await opened_link(person, MessageKind.RECOVERY_DUE)
    await visitor.send("Remove my second factors", password="not the password")
    assert "password" in visitor.said

    await visitor.send("Remove my second factors", password=PASSWORD)

    assert "Your second factors were removed" in visitor.said
    assert visitor.path == "/enrol"
    assert not await factors_are_on(person)


async def test_the_last_mail_cancels_too(person: Person) -> None:
    await open_case(person)
    await wait(person.world, 3)
    visitor = await opened_link(person, MessageKind.RECOVERY_DUE)

    await visitor.send("Cancel the recovery")

    assert "The recovery was cancelled" in visitor.said
    assert await factors_are_on(person)


async def test_the_overview_shows_a_recovery_and_cancels_it(person: Person) -> None:
    visitor = await signed_in(person)
    assert "A recovery has begun." not in visitor.text
    await open_case(person)
    await visitor.open("/security")
    assert "A recovery has begun." in visitor.text

    await visitor.send("Cancel the recovery")

    assert "The recovery was cancelled" in visitor.said
    assert "A recovery has begun." not in visitor.text
    await person.world.mailbox.message_for(person.email, MessageKind.RECOVERY_ENDED)


async def test_a_recovery_that_was_cancelled_elsewhere_has_ended(person: Person) -> None:
    visitor = await signed_in(person)
    await open_case(person)
    await visitor.open("/security")
    form = visitor.form("Cancel the recovery")
    await visitor.send("Cancel the recovery")

    await visitor.send_again(form)

    assert "completed or cancelled" in visitor.text


async def test_in_a_trusted_browser_a_factor_cancels_the_recovery(person: Person) -> None:
    visitor = await at_second_step(person)
    await visitor.send("Confirm", code=person.code(), trust="true")
    person.world.clock.advance(60)
    await visitor.send("Sign out")
    await visitor.send("Sign in", email=person.email, password=PASSWORD)
    assert visitor.path == "/security"
    await open_case(person)
    await visitor.open("/security")

    await visitor.send("Cancel the recovery")
    assert visitor.path == "/step-up"
    assert "Lost all of these?" in visitor.text
    await visitor.open("/security")
    assert "A recovery has begun." in visitor.text
    await visitor.send("Cancel the recovery")
    await visitor.send("Confirm", code=person.code())

    assert "The recovery was cancelled" in visitor.said
    assert "A recovery has begun." not in visitor.text


async def test_the_link_is_not_shown_where_recovery_is_off(sqlite_url: str) -> None:
    async with world_over(sqlite_url) as world:
        person = await recovering_person(world)
        visitor = await at_second_step(person)

        assert "Confirm that it is you" in visitor.text
        assert LOST not in visitor.text
        await visitor.send("Confirm", code=person.code())
        world.clock.advance(660)
        await visitor.open("/security/sessions")
        assert visitor.path == "/step-up"
        assert "Lost all of these?" not in visitor.text


async def test_without_a_sign_in_there_is_nothing_to_recover(person: Person) -> None:
    visitor = Visitor(await person.world.visitor())

    await visitor.open("/second-step/lost")

    assert visitor.path == "/sign-in"


async def test_too_many_links_are_refused_on_the_page(person: Person) -> None:
    visitor = await at_second_step(person)
    await visitor.follow(LOST)
    await visitor.send("Send the link")
    for _ in range(3):
        await visitor.send("Send the link again")

    assert "several messages" in visitor.said
