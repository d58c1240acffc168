"""The pages of a change of address, as a browser without JavaScript uses them."""

import pytest

from athena_auth.delivery.model import MessageKind
from support.account_pages import signed_in
from support.email_change import NEW
from support.links import token_in, verify_address
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import World, world_over

ADA = "ada@example.com"


@pytest.fixture
async def owner(sqlite_world: World) -> Person:
    person = await sign_up(sqlite_world)
    await verify_address(person)
    return person


async def ask(visitor: Visitor, world: World) -> str:
    """Fill in the form, and return the link that was mailed to the new address."""
    await visitor.open("/security/email")
    await visitor.send("Send the link", new_email=NEW, password=PASSWORD)
    assert (visitor.path, "Open it in this browser" in visitor.said) == ("/security/email", True)
    return str((await world.mailbox.message_for(NEW, MessageKind.EMAIL_CHANGE)).url)


async def undo_link(world: World) -> str:
    return str((await world.mailbox.message_for(ADA, MessageKind.EMAIL_CHANGED)).url)


async def test_an_address_is_changed_and_the_change_undone(owner: Person) -> None:
    world, visitor = owner.world, await signed_in(owner)
    link = await ask(visitor, world)

    await visitor.open(link)

    assert "Your email address was changed" in visitor.said
    assert token_in(link) not in str(visitor.url)
    assert NEW in (await visitor.open("/security")).text

    elsewhere = Visitor(await world.visitor())
    await elsewhere.open(await undo_link(world))
    assert await world.athena.users.find(NEW) is not None, "opening the link changes nothing"
    await elsewhere.send("Undo the change")

    assert "Your email address is the old one again" in elsewhere.said
    assert await world.athena.users.find(NEW) is None
    await visitor.open("/security")
    assert visitor.path == "/sign-in"
    await elsewhere.open(await undo_link(world))
    await elsewhere.send("Undo the change")
    assert "expired or has already been used" in elsewhere.said


async def test_a_refused_form_keeps_what_was_entered(owner: Person) -> None:
    visitor = await signed_in(owner)
    await visitor.open("/security/email")

    await visitor.send("Send the link", new_email="not an address", password=PASSWORD)

    assert "not a valid email address" in visitor.said
    assert visitor.fields["new_email"] == "not an address"
    await visitor.send("Send the link", new_email=NEW, password="not the password")
    assert "The password is wrong" in visitor.said


async def test_an_account_with_a_factor_steps_up_instead_of_entering_the_password(owner: Person) -> None:
    await owner.turn_on_totp()
    visitor = await signed_in(owner)
    owner.world.clock.advance(601)

    await visitor.open("/security/email")
    assert visitor.path == "/step-up"
    await visitor.send("Confirm", code=owner.code())

    assert visitor.path == "/security/email"
    assert "password" not in visitor.fields
    await visitor.send("Send the link", new_email=NEW)
    assert "Open it in this browser" in visitor.said


async def test_a_link_that_is_opened_without_a_session_leads_to_the_sign_in_and_back(owner: Person) -> None:
    link = await ask(await signed_in(owner), owner.world)
    elsewhere = Visitor(await owner.world.visitor())

    await elsewhere.open(link)
    assert elsewhere.path == "/sign-in"
    assert await owner.world.athena.users.find(NEW) is None
    await elsewhere.send("Sign in", email=ADA, password=PASSWORD)

    assert "Your email address was changed" in elsewhere.said


async def test_a_link_of_another_account_is_refused_in_words(owner: Person) -> None:
    link = await ask(await signed_in(owner), owner.world)
    eve = await signed_in(await sign_up(owner.world, "eve@example.com"))

    await eve.open(link)

    assert "Sign in to the account that this link belongs to" in eve.said
    assert await owner.world.athena.users.find(NEW) is None


async def test_the_link_leads_to_the_application_that_asked(owner: Person) -> None:
    visitor = await signed_in(owner)
    await owner.post("/change-email", newEmail=NEW, callbackURL="/security?changed=yes")
    link = str((await owner.world.mailbox.message_for(NEW, MessageKind.EMAIL_CHANGE)).url)

    await visitor.open(link)

    assert str(visitor.url).endswith("/security?changed=yes")
    await visitor.open("/api/auth/change-email/verify?token=x&callbackURL=https://evil.example")
    assert visitor.page is not None
    assert visitor.page.status_code == 403


async def test_without_pages_the_links_work_all_the_same(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages="off") as world:
        person = await sign_up(world)
        await verify_address(person)
        await person.post("/change-email", newEmail=NEW, password=PASSWORD)
        link = str((await world.mailbox.message_for(NEW, MessageKind.EMAIL_CHANGE)).url)
        visitor = Visitor(await world.visitor())

        await visitor.open(link)
        assert "Sign in to the account that this link belongs to" in visitor.said
        await person.client.get(link)
        await visitor.open(await undo_link(world))
        await visitor.send("Undo the change")

        assert "Your email address is the old one again" in visitor.said
