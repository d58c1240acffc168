"""What a change of address leaves as it was, and what it leaves behind: counts of attempts, reservations, mails."""

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.email_change.sql import UNDO_LIFETIME
from support.attacker import wrong_totp
from support.dump import fetch_all
from support.email_change import NEW, ask_for_change, change_address
from support.links import verify_address
from support.person import Person, sign_up
from support.world import World

LATER = "ada@later.example.com"


async def fail_until_throttled(ada: Person) -> int:
    """Enter wrong codes at sign-in, until they have to wait; return how many were verified."""
    for verified in range(10):
        refused = await ada.answer(await ada.challenge(), "verify-totp", code=wrong_totp(ada))
        if refused.status_code == 429:
            return verified
    raise AssertionError("nothing was throttled")


async def test_a_change_does_not_reset_the_attempts_at_the_second_factor(world: World, ada: Person) -> None:
    """An attacker with a session and the new mailbox would change the address for five more attempts, again and again."""
    await verify_address(ada)
    await ada.turn_on_totp()
    token = await ask_for_change(ada)
    assert await fail_until_throttled(ada) == 5

    assert (await ada.client.get("/change-email/verify", params={"token": token})).status_code == 200
    ada.email = NEW

    assert await fail_until_throttled(ada) == 1, "the delay has ended, and the count has not"


async def test_failures_at_the_new_address_do_not_block_its_new_owner(world: World, ada: Person) -> None:
    await verify_address(ada)
    stranger = await world.client()
    for _ in range(6):
        await stranger.post("/sign-in/email", json={"email": NEW, "password": "a guess"})

    await change_address(ada)

    assert (await ada.sign_in()).status_code == 200


async def test_a_reservation_that_has_expired_stops_nobody_before_it_is_swept(
    world: World, ada: Person
) -> None:
    await verify_address(ada)
    old = ada.email
    await change_address(ada)
    world.clock.advance(UNDO_LIFETIME)
    eve = await sign_up(world, "eve@example.com", "Eve")
    await verify_address(eve)

    await change_address(eve, old)

    assert (await eve.session())["user"]["email"] == old


async def test_the_undo_ends_the_link_of_a_change_that_was_made_in_the_same_moment(
    world: World, ada: Person
) -> None:
    await verify_address(ada)
    first = await change_address(ada)
    second = await change_address(ada, LATER)
    stranger = await world.client()

    undone = await stranger.post("/change-email/undo", json={"token": first})
    again = await stranger.post("/change-email/undo", json={"token": second})

    assert (undone.status_code, again.json()["code"]) == (200, "INVALID_TOKEN")


async def test_the_mail_to_the_new_address_has_no_name_and_the_request_is_recorded(
    world: World, ada: Person
) -> None:
    """The address may be a stranger's, and the name an advertisement."""
    await verify_address(ada)
    await ask_for_change(ada)

    mail = await world.mailbox.message_for(NEW, MessageKind.EMAIL_CHANGE)

    assert mail.name == ""
    names = await fetch_all(world.database_url, "SELECT event FROM athena_audit")
    assert names.count((EventName.EMAIL_CHANGE_ASKED,)) == 1
