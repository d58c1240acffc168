"""Owners are notified of failed attempts once in an episode, which ends after a day or with a sign-in."""

from typing import Any

import pytest

from athena_auth.delivery.model import MessageKind
from support.attacker import PROXY, wrong_totp
from support.links import ask_for_reset, reset_token
from support.person import Person, sign_up
from support.world import World, world_over

DAY = 86_400


async def fail(ada: Person) -> None:
    """Give the right password and a wrong code."""
    refused = await ada.answer(await ada.challenge(), "verify-totp", code=wrong_totp(ada))
    assert refused.status_code == 401, refused.text


async def told(world: World, ada: Person, nth: int) -> None:
    await world.mailbox.message_for(ada.email, MessageKind.SECOND_FACTOR_REFUSED, nth=nth)
    assert world.mailbox.kinds_for(ada.email).count(MessageKind.SECOND_FACTOR_REFUSED) == nth


async def test_the_owner_is_notified_once_per_day(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await fail(ada)
    world.clock.advance(DAY - 60)
    await fail(ada)
    await told(world, ada, 1)


async def test_a_day_later_it_is_another_one(world: World, ada: Person) -> None:
    """A mistyped code weeks ago suppressed the warning of an attack today."""
    await ada.turn_on_totp()
    await fail(ada)
    await told(world, ada, 1)
    world.clock.advance(DAY + 1)
    await fail(ada)
    await told(world, ada, 2)


async def test_a_sign_in_of_the_owner_ends_it(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await fail(ada)
    await told(world, ada, 1)
    world.clock.advance(60)
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
    assert passed.status_code == 200, passed.text
    world.clock.advance(60)
    await fail(ada)
    await told(world, ada, 2)


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("https://app.example.com/new-password", 200),
        ("/our/own/page", 200),
        ("/api/auth/reset-password", 200),
        ("/api/auth/ok", 403),
        ("https://app.example.com/elsewhere", 403),
        ("https://app.example.com", 403),
        ("https://evil.example.com/new-password", 403),
    ],
)
async def test_a_reset_leads_to_the_pages_that_the_operator_named(
    sqlite_url: str, page: str, status: int
) -> None:
    pages = "https://app.example.com/new-password, /our/own/page"
    settings: dict[str, Any] = {"trusted_origins": "https://app.example.com", "reset_pages": pages}
    async with world_over(sqlite_url, **settings) as world:
        body = {"email": "ada@example.com", "redirectTo": page}
        answer = await (await world.client()).post("/request-password-reset", json=body)
    assert answer.status_code == status, answer.text


async def test_strangers_do_not_use_up_the_mails_of_the_owner(sqlite_url: str) -> None:
    """Three requests of a stranger made every mailed link useless, and ten an hour kept the owner out for good."""
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        ada = await sign_up(world)
        browser = await world.browser()
        await ada.sign_in(browser)
        first = await reset_token(world, ada.email)
        for number in range(40):
            world.clock.advance(31)
            await ask_for_reset(world, ada.email, **{"x-forwarded-for": f"10.0.{number}.1"})
        sent = world.mailbox.kinds_for(ada.email).count(MessageKind.PASSWORD_RESET)
        assert sent <= 11

        await browser.post("/request-password-reset", json={"email": ada.email})
        await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_RESET, nth=sent + 1)
        body = {"token": first, "newPassword": "another long sentence of mine"}
        used = await browser.post("/reset-password", json=body)
        assert used.status_code == 200, "the first link still works beside the others"
