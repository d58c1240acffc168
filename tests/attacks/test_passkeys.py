"""Attackers of an account with passkeys, by what they have: the password, a session, the mailbox, or a forged page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from support.attacker import wrong_totp
from support.clock import START
from support.dump import fetch_all
from support.links import reset_token, verify_address
from support.passkey import Authenticator
from support.passkey_user import (
    challenged,
    code_of,
    prompt,
    second_step,
    sign_in,
    turn_on,
    with_passkey,
)
from support.person import Person, sign_up
from support.recovery import due_case, factors_are_on, post, request_case
from support.world import ORIGIN, World, world_over

DAY = 86_400
STALE = 601
"""Seconds after which a verified factor is no longer recent."""
NEW_PASSWORD = "a wholly different password"
FORGED_PAGE = "https://login.examp1e.com"


@asynccontextmanager
async def with_everything(database_url: str, **settings: Any) -> AsyncIterator[tuple[Person, Authenticator]]:
    """Run a server; yield a person who has a verified address, an app and a passkey."""
    async with world_over(database_url, **settings) as world:
        ada = await sign_up(world)
        await verify_address(ada)
        await ada.turn_on_totp()
        yield ada, await with_passkey(ada)


# --- with the password --------------------------------------------------------------------------------------


@pytest.mark.slow
async def test_a_month_of_failed_assertions_keeps_the_owner_from_nothing(sqlite_url: str) -> None:
    """Nobody can try signatures, so failures count nowhere: a limit would only let an attacker block the owner."""
    async with with_everything(sqlite_url) as (ada, device):
        world, thief = ada.world, Authenticator(credential_id=device.credential_id)
        while world.clock.now() < START + 30 * DAY * 1000:
            attacker = await challenged(world, ada)
            refused = [await second_step(attacker, thief) for _ in range(5)]
            assert [code_of(each) for each in refused] == ["AUTHENTICATION_FAILED"] * 5
            assert code_of(await sign_in(await world.browser(), thief)) == "AUTHENTICATION_FAILED"
            world.clock.advance(DAY // 2)
            await world.sweep()
            assert await ada.session() is not None, "the owner uses their session, so that it lives"

        by_code = {"verify-totp": ada.code(), "verify-backup-code": ada.backup_codes[0]}
        for path, code in by_code.items():
            assert (await ada.answer(await ada.challenge(), path, code=code)).status_code == 200
        assert (await second_step(await challenged(world, ada), device)).status_code == 200
        assert (await sign_in(await world.browser(), device)).status_code == 200
        assert (await second_step(ada.client, device)).status_code == 200


async def test_attempts_at_codes_that_are_used_up_leave_the_passkey(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    device, wrong = await with_passkey(ada), {"code": wrong_totp(ada)}
    refused = await (await challenged(world, ada)).post("/two-factor/verify-totp", json=wrong)
    while "in a row" not in refused.text:
        world.clock.advance(int(refused.headers.get("retry-after", "0")))
        refused = await (await challenged(world, ada)).post("/two-factor/verify-totp", json=wrong)

    assert (await second_step(await challenged(world, ada), device)).status_code == 200
    assert (await sign_in(await world.browser(), device)).status_code == 200


async def test_prompts_of_an_attacker_replace_none_of_the_owner_and_go(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    owner = await challenged(world, ada)
    options, stepping_up = await prompt(owner), await prompt(ada.client)
    for _ in range(50):
        attacker = await challenged(world, ada)
        await asyncio.gather(prompt(attacker), prompt(attacker))

    for client, shown in ((owner, options), (ada.client, stepping_up)):
        answer = await client.post("/two-factor/verify-passkey", json={"response": device.get(shown)})
        assert answer.status_code == 200, answer.text
    kept = "SELECT COUNT(*) FROM athena_prompt"
    assert await fetch_all(world.database_url, kept) == [(50,)], "one for each challenge"
    world.clock.advance(STALE)
    await world.sweep()
    assert await fetch_all(world.database_url, kept) == [(0,)]


async def test_nonces_of_sign_ins_that_anybody_asks_for_are_not_stored(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    for _ in range(50):
        await (await world.browser()).get("/passkey/generate-authenticate-options")

    assert await fetch_all(world.database_url, "SELECT * FROM athena_passkey_nonce") == []
    assert (await sign_in(await world.browser(), device)).status_code == 200


# --- with the mailbox, and with both ------------------------------------------------------------------------


async def reset_password(person: Person) -> httpx.AsyncClient:
    """Set a new password with the mailbox alone; return the browser, which has a challenge at most."""
    browser = await person.world.browser()
    body = {"token": await reset_token(person.world, person.email), "newPassword": NEW_PASSWORD}
    assert (await browser.post("/reset-password", json=body)).json()["twoFactorRedirect"] is True
    person.password = NEW_PASSWORD
    return browser


async def test_with_the_mailbox_alone_passkeys_stay_and_are_asked_for(database_url: str) -> None:
    async with with_everything(database_url, recovery="on") as (ada, device):
        thief = await reset_password(ada)
        sent = await thief.post("/two-factor/send-otp", json={})
        begun = await thief.get("/passkey/generate-register-options")
        refused = await second_step(thief, Authenticator(credential_id=device.credential_id))
        opened = await post(ada.world, "open", token=await request_case(ada))

        assert [code_of(each) for each in (sent, begun, refused, opened)] == [
            "OTP_NOT_CONFIGURED",
            "UNAUTHORIZED",
            "AUTHENTICATION_FAILED",
            "RECOVERY_NEEDS_OPERATOR",
        ]
        assert (await sign_in(await ada.world.browser(), device)).status_code == 200


async def test_with_password_and_mailbox_only_the_recovery_is_left_and_a_passkey_ends_it(
    database_url: str,
) -> None:
    settings = {"recovery": "on", "otp_fallback": "off"}
    async with with_everything(database_url, **settings) as (ada, device):
        thief = await challenged(ada.world, ada)
        assert code_of(await thief.post("/two-factor/send-otp", json={})) == "OTP_NOT_CONFIGURED"
        token = await due_case(ada)
        assert ada.world.mailbox.kinds_for(ada.email).count(MessageKind.RECOVERY_WAITING) == 2

        signed_in = await second_step(await challenged(ada.world, ada), device)

        assert signed_in.status_code == 200
        ended = await post(ada.world, "complete", token=token, password=ada.password)
        assert code_of(ended) == "RECOVERY_ENDED"
        assert await factors_are_on(ada)


# --- a forged page that passes everything on ----------------------------------------------------------------


async def test_a_forged_page_gets_a_code_and_no_passkey(world: World, ada: Person) -> None:
    """A relay asks the server for the options, and shows them to the owner on a page of another origin.

    Browsers let no page use a passkey of another domain. Here the browser signs all the same: for the domain of the
    forged page, or for ours with the origin of the page.
    """
    await ada.turn_on_totp()
    device = await with_passkey(ada)
    relay = await challenged(world, ada)
    phished = [
        replace(device, origin=FORGED_PAGE, rp_id="examp1e.com"),
        replace(device, origin=FORGED_PAGE),
        replace(device, origin=ORIGIN, in_foreign_frame=True),
    ]

    second = [code_of(await second_step(relay, each)) for each in phished]
    alone = [code_of(await sign_in(await world.browser(), each)) for each in phished]
    by_code = await relay.post("/two-factor/verify-totp", json={"code": ada.code()})

    assert second == alone == ["AUTHENTICATION_FAILED"] * 3
    assert by_code.status_code == 200, "a code tells nothing of the page that it was typed into"


async def test_a_guard_for_phishing_resistant_factors_holds_a_relayed_code_out(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    device = await with_passkey(ada)
    relay, owner = await challenged(world, ada), await challenged(world, ada)
    assert (await relay.post("/two-factor/verify-totp", json={"code": ada.code()})).status_code == 200
    assert (await second_step(owner, device)).status_code == 200
    guarded = {"amr": "phishing_resistant"}

    stolen = await relay.get("/check-session", params=guarded)
    at_proxy = await relay.get("/forward-auth", params=guarded)
    steps_up = await second_step(relay, replace(device, origin=FORGED_PAGE))

    assert (code_of(stolen), at_proxy.is_success) == ("STEP_UP_REQUIRED", False)
    assert code_of(steps_up) == "AUTHENTICATION_FAILED"
    assert (await relay.get("/check-session", params=guarded)).status_code == 403
    assert (await owner.get("/check-session", params=guarded)).status_code == 200
