"""What an attacker reaches with a challenge, or with a session whose second factor was not verified recently."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from athena_auth.wire.route import Access
from support.dump import fetch_all
from support.passkey import Authenticator
from support.passkey_user import (
    challenged,
    code_of,
    prompt,
    register_options,
    second_step,
    turn_on,
    with_passkey,
)
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

STALE = 601
"""Seconds after which a verified factor is no longer recent."""
NEW_PASSWORD = "a wholly different password"
Steal = Callable[[Person], Awaitable[httpx.AsyncClient]]


async def test_a_challenge_reaches_nothing_but_the_second_step(world: World, ada: Person) -> None:
    """CVE-2026-111949: a waiting sign-in added a passkey. Every route that needs a session, as bearer and as browser."""
    device = await turn_on(ada)
    passkey = (await ada.client.get("/passkey/list-user-passkeys")).json()[0]
    browser = await challenged(world, ada)
    bearer = await world.bearer(await ada.challenge())
    response = device.create(await register_options(ada))
    body = {
        "id": passkey["id"],
        "name": "Mine",
        "label": "Mine",
        "method": "passkey",
        "response": response,
        "password": PASSWORD,
        "currentPassword": PASSWORD,
        "newPassword": NEW_PASSWORD,
        "newEmail": "eve@example.com",
        "email": "eve@example.com",
        "token": "x",
    }
    accounts = "SELECT * FROM athena_account"
    authenticators = "SELECT * FROM athena_authenticator"
    before = [await fetch_all(world.database_url, rows) for rows in (accounts, authenticators)]

    routes = [route for route in world.athena.routes if route.access is Access.SESSION]
    assert len([route for route in routes if "passkey" in route.path]) > 5
    for route in routes:
        for client in (browser, bearer):
            json = None if route.method == "GET" else body
            answer = await client.request(route.method, route.path, json=json)
            assert answer.status_code >= 400 or answer.json() is None, (route.path, answer.text)

    after = [await fetch_all(world.database_url, rows) for rows in (accounts, authenticators)]
    assert after == before


async def stale(ada: Person) -> httpx.AsyncClient:
    ada.world.clock.advance(STALE)
    return ada.client


async def of_level_one(ada: Person) -> httpx.AsyncClient:
    """Passkeys that the account had became its second factor: none was verified in this session."""
    session = (await ada.session())["session"]
    assert (session["level"], session["amr"]) == (1, ["pwd"])
    return ada.client


async def by_trusted_device(ada: Person) -> httpx.AsyncClient:
    browser, code = await ada.world.browser(), ada.backup_codes[0]
    await ada.sign_in(browser)
    trusted = await browser.post("/two-factor/verify-backup-code", json={"code": code, "trustDevice": True})
    assert trusted.status_code == 200
    await browser.post("/sign-out", json={})
    assert (await ada.sign_in(browser)).json()["redirect"] is False
    return browser


@pytest.mark.parametrize("stolen", [stale, of_level_one, by_trusted_device])
async def test_a_stolen_session_changes_no_passkey_and_begins_no_recovery(
    sqlite_url: str, stolen: Steal
) -> None:
    """Even with the password. Renaming and the preferred method are open to a session: neither changes what is accepted."""
    async with world_over(sqlite_url, recovery="on") as world:
        ada = await sign_up(world)
        device = await with_passkey(ada)
        enabled = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")
        ada.backup_codes = enabled.json()["backupCodes"]
        passkeys = (await ada.client.get("/passkey/list-user-passkeys")).json()
        thief = await stolen(ada)

        for answer in await credential_changes(thief, passkeys[0]["id"]):
            assert code_of(answer) == "STEP_UP_REQUIRED", answer.request.url
        assert await registrations_for_a_prompt(thief) == [
            "CHALLENGE_NOT_FOUND",
            "FAILED_TO_VERIFY_REGISTRATION",
        ]
        assert await recoveries(thief) == ["INVALID_TWO_FACTOR_COOKIE", *["INVALID_TOKEN"] * 3]

        assert (await ada.client.get("/passkey/list-user-passkeys")).json() == passkeys
        assert (await second_step(await challenged(world, ada), device)).status_code == 200


async def credential_changes(thief: httpx.AsyncClient, passkey_id: str) -> list[httpx.Response]:
    path, one = "/passkey/generate-register-options", {"id": passkey_id}
    password = {"password": PASSWORD}
    return [
        await thief.get(path),
        await thief.post(path, json=password),
        await thief.post("/passkey/delete-passkey", json={**one, **password}),
        await thief.post("/two-factor/remove-authenticator", json=one),
        await thief.post("/two-factor/suspend-authenticator", json=one),
        await thief.post("/two-factor/resume-authenticator", json=one),
        await thief.post("/two-factor/add-authenticator", json=password),
        await thief.post("/two-factor/enable", json={**password, "method": "passkey"}),
        await thief.post("/two-factor/disable", json=password),
        await thief.post("/change-email", json={**password, "newEmail": "eve@example.com"}),
    ]


async def registrations_for_a_prompt(thief: httpx.AsyncClient) -> list[str]:
    """Register a passkey with the nonce of a prompt, which any session gets; return the refusals."""
    refused = []
    for path in ("/passkey/verify-registration", "/two-factor/verify-passkey"):
        options = {"user": {"id": "AAAA"}, "rp": {"id": "localhost"}, **await prompt(thief)}
        answer = await thief.post(path, json={"response": Authenticator().create(options)})
        refused.append(code_of(answer))
    return refused


async def recoveries(thief: httpx.AsyncClient) -> list[str]:
    """Begin, open, cancel and complete a recovery without its links; return the refusals."""
    body = {"token": "x", "password": PASSWORD}
    paths = [f"/two-factor/recovery/{what}" for what in ("begin", "open", "cancel", "complete")]
    return [code_of(await thief.post(path, json=body)) for path in paths]


async def test_names_and_the_preferred_method_of_others_are_not_changed(world: World, ada: Person) -> None:
    await turn_on(ada, label="Ada's key")
    passkey = (await ada.client.get("/passkey/list-user-passkeys")).json()[0]
    eve = await sign_up(world, "eve@example.com", "Eve")
    await turn_on(eve)

    renamed = [
        await eve.post("/passkey/update-passkey", id=passkey["id"], name="Eve's"),
        await eve.post("/two-factor/rename-authenticator", id=passkey["id"], label="Eve's"),
    ]
    await eve.post("/two-factor/set-preferred-method", method="backup-code")

    assert [each.status_code for each in renamed] == [404, 404]
    assert (await ada.client.get("/passkey/list-user-passkeys")).json()[0]["name"] == "Ada's key"
    assert (await ada.sign_in()).json()["preferredMethod"] == "passkey"


async def test_what_an_attacker_began_to_enrol_ends_when_passkeys_become_the_factor(
    world: World, ada: Person
) -> None:
    """A copied session and the password: `enable` shows the attacker a secret before the owner turns passkeys on.

    Nothing confirms passkeys that have signed in before, so the begun enrolment stayed: its code then added the
    attacker's app to an account that was protected by then.
    """
    await with_passkey(ada)
    thief = Person(world, ada.email, await world.bearer(ada.token), ada.token)
    await thief.enable()
    enabled = await ada.post("/two-factor/enable", password=PASSWORD, method="passkey")
    assert enabled.json()["confirmationPending"] is False

    confirmed = await thief.post("/two-factor/verify-totp", code=thief.code())

    assert code_of(confirmed) == "TOTP_NOT_ENABLED"
    assert (await ada.sign_in()).json()["twoFactorMethods"] == ["passkey", "backup-code"]
