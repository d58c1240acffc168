"""An attacker signs up with another person's address before that person does (account pre-hijacking)."""

from typing import Any

import httpx

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.links import reset_token, verification_link, verify_address
from support.person import Person, sign_up
from support.world import ORIGIN, World, world_over

NEW = "another long sentence of mine"


async def prepared(world: World) -> tuple[Person, httpx.AsyncClient]:
    """Return an attacker who has set everything up at another person's address, and their trusted browser."""
    eve = await sign_up(world, "victim@example.com", "Eve")
    await eve.turn_on_totp()
    browser = await world.browser()
    await eve.sign_in(browser)
    done = await browser.post("/two-factor/verify-totp", json={"code": eve.code(), "trustDevice": True})
    assert done.status_code == 200, done.text
    world.clock.advance(60)
    return eve, browser


async def reset(world: World, email: str) -> Any:
    """Set a new password by a link from the mailbox."""
    token = await reset_token(world, email)
    victim = await world.browser()
    answer = await victim.post("/reset-password", json={"token": token, "newPassword": NEW})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_reset_removes_what_was_set_up_before_the_address_was_verified(database_url: str) -> None:
    async with world_over(database_url) as world:
        eve, trusted = await prepared(world)
        challenge = await eve.challenge()

        assert (await reset(world, eve.email))["twoFactorRedirect"] is False

        eve.password = NEW
        victim = await eve.sign_in()
        assert victim.json()["user"]["twoFactorEnabled"] is False
        assert await eve.session() is None
        assert (await trusted.get("/get-session")).json() is None
        assert (await eve.answer(challenge, "verify-totp", code=eve.code())).status_code == 401
        mine = await world.bearer(victim.json()["token"])
        assert (await mine.get("/two-factor/trusted-devices")).json() == []
        assert (await mine.get("/two-factor/status")).json()["backupCodesLeft"] == 0
        await world.mailbox.message_for(eve.email, MessageKind.ACCOUNT_RECLAIMED)
    events = "SELECT count(*) FROM athena_audit WHERE event = '{}'"
    assert await fetch_all(database_url, events.format(EventName.ACCOUNT_RECLAIMED)) == [(1,)]


async def test_of_a_verified_address_the_second_factor_stays(world: World, ada: Person) -> None:
    await verify_address(ada)
    await ada.turn_on_totp()
    assert (await reset(world, ada.email))["twoFactorRedirect"] is True


async def test_the_victims_click_verifies_nothing_for_the_attacker(world: World, ada: Person) -> None:
    """The mail comes to the victim, who clicks; the account with the attacker's factor was verified by that."""
    link = await verification_link(ada)
    victim = await sign_up(world, "victim@example.com", "Victim")
    for client in (await world.browser(), victim.client, await world.client(origin=ORIGIN)):
        followed = await client.get(link)
        assert (followed.status_code, followed.json()["code"]) == (401, "UNAUTHORIZED")
        assert (await ada.session())["user"]["emailVerified"] is False

    assert (await ada.client.get(link)).status_code == 200
    assert (await ada.session())["user"]["emailVerified"] is True
