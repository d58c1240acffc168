"""Signing in with a passkey alone."""

from dataclasses import replace
from typing import Any

import pytest

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.passkey import Authenticator
from support.passkey_user import code_of, sign_in, sign_in_options, turn_on, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

WRONG: dict[str, dict[str, Any]] = {
    "the origin of a phishing site": {"origin": "https://athena.example.net"},
    "the domain of another site": {"rp_id": "example.net"},
    "nobody touched the authenticator": {"is_present": False},
    "a page of another origin frames this one": {"in_foreign_frame": True},
    "the key of another passkey": {"key": Authenticator().key},
    "the user handle of another account": {"user_handle": bytes(32)},
}


async def verify(client: Any, response: dict[str, Any]) -> Any:
    return await client.post("/passkey/verify-authentication", json={"response": response})


async def test_a_verified_user_gets_a_session_of_level_two(world: World, ada: Person) -> None:
    device = await with_passkey(ada, Authenticator(is_synced=True))
    browser = await world.browser()

    signed_in = await sign_in(browser, device)

    assert signed_in.status_code == 200, signed_in.text
    answer, current = signed_in.json(), (await browser.get("/get-session")).json()
    assert answer["user"]["email"] == ada.email
    assert answer["token"] == answer["session"]["token"] == signed_in.headers["set-auth-token"]
    assert (current["session"]["level"], current["session"]["amr"]) == (2, ["swk"])
    assert current["session"]["secondFactorVerifiedAt"] is not None
    assert (await ada.client.get("/passkey/list-user-passkeys")).json()[0]["lastUsedAt"] is not None


async def test_it_replaces_both_steps(world: World, ada: Person) -> None:
    device = await turn_on(ada)
    browser = await world.browser()
    await sign_in(browser, device)

    made = await browser.post("/two-factor/generate-backup-codes", json={"password": PASSWORD})

    assert made.status_code == 200, made.text


async def test_the_options_name_nobody_and_store_nothing(world: World, ada: Person) -> None:
    await with_passkey(ada)
    client = await world.client()

    by_get = await sign_in_options(client)
    by_post = (await client.post("/passkey/generate-authenticate-options", json={})).json()

    assert (by_get["allowCredentials"], by_get["userVerification"]) == ([], "required")
    assert by_get["challenge"] != by_post["challenge"]
    assert await fetch_all(world.database_url, "SELECT count(*) FROM athena_passkey_nonce") == [(0,)]


async def test_a_passkey_that_does_not_verify_its_user_is_one_factor(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    browser = await world.browser()

    refused = await sign_in(browser, replace(device, verifies_user=False))

    assert (refused.status_code, code_of(refused)) == (401, "USER_VERIFICATION_REQUIRED")
    assert (await browser.get("/get-session")).json() is None


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_response_is_refused(world: World, ada: Person, wrong: dict[str, Any]) -> None:
    device = await with_passkey(ada)
    browser = await world.browser()

    refused = await sign_in(browser, replace(device, **wrong))

    assert (refused.status_code, code_of(refused)) == (401, "AUTHENTICATION_FAILED")
    names = await fetch_all(world.database_url, "SELECT event FROM athena_audit")
    assert (EventName.PASSKEY_REFUSED,) in names


async def test_a_response_is_accepted_once(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    browser = await world.browser()
    response = device.get(await sign_in_options(browser))
    cookies = dict(browser.cookies)
    first = await verify(browser, response)

    browser.cookies.clear()
    browser.cookies.update(cookies)
    replayed = await verify(browser, response)

    assert (first.status_code, code_of(replayed)) == (200, "CHALLENGE_NOT_FOUND")


async def test_a_response_is_accepted_only_with_its_cookie(world: World, ada: Person) -> None:
    """Otherwise an attacker signs a victim's browser in to the attacker's account."""
    device = await with_passkey(ada)
    attacker, victim = await world.browser(), await world.browser()
    response = device.get(await sign_in_options(attacker))

    without = await verify(victim, response)
    await sign_in_options(victim)
    with_another = await verify(victim, response)

    assert (code_of(without), code_of(with_another)) == ("CHALLENGE_NOT_FOUND", "AUTHENTICATION_FAILED")


@pytest.mark.parametrize("cookie", ["", "x", "1.2.3", "ffffffffffff.x.AAAA", "-1.a.b", "~" * 300])
async def test_a_cookie_that_the_server_has_not_issued_is_refused(
    world: World, ada: Person, cookie: str
) -> None:
    device = await with_passkey(ada)
    client = await world.client()
    response = device.get(await sign_in_options(client))
    client.cookies.clear()

    refused = await client.post(
        "/passkey/verify-authentication",
        json={"response": response},
        headers={"cookie": f"athena-auth.passkey={cookie}"},
    )

    assert code_of(refused) == "CHALLENGE_NOT_FOUND"


async def test_a_cookie_that_was_made_to_last_longer_is_refused(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    client = await world.client()
    response = device.get(await sign_in_options(client))
    issued = client.cookies["athena-auth.passkey"]
    expires_at, _, rest = issued.partition(".")
    client.cookies.clear()

    refused = await client.post(
        "/passkey/verify-authentication",
        json={"response": response},
        headers={"cookie": f"athena-auth.passkey={int(expires_at, 16) + 1:x}.{rest}"},
    )

    assert code_of(refused) == "CHALLENGE_NOT_FOUND"


async def test_the_options_expire_after_five_minutes_and_used_nonces_are_swept(
    world: World, ada: Person
) -> None:
    device = await with_passkey(ada)
    in_time, late = await world.browser(), await world.browser()
    first, second = await sign_in_options(in_time), await sign_in_options(late)

    world.clock.advance(299)
    accepted = await verify(in_time, device.get(first))
    world.clock.advance(1)
    refused = await late.post(
        "/passkey/verify-authentication",
        json={"response": device.get(second)},
        headers={"cookie": "; ".join(f"{name}={value}" for name, value in late.cookies.items())},
    )
    await world.sweep()

    assert (accepted.status_code, code_of(refused)) == (200, "CHALLENGE_NOT_FOUND")
    assert await fetch_all(world.database_url, "SELECT count(*) FROM athena_passkey_nonce") == [(0,)]


async def test_an_unknown_passkey_is_not_found(world: World, ada: Person) -> None:
    unknown = Authenticator()

    refused = await sign_in(await world.browser(), unknown)

    assert (refused.status_code, code_of(refused)) == (401, "PASSKEY_NOT_FOUND")


async def test_a_count_that_does_not_increase_is_accepted_and_reported(world: World, ada: Person) -> None:
    device = await with_passkey(ada, Authenticator(count=7))

    signed_in = await sign_in(await world.browser(), replace(device, count=3))

    assert signed_in.status_code == 200
    await world.mailbox.message_for(ada.email, MessageKind.SIGN_COUNT_DECREASED)


async def test_an_address_that_must_be_verified_first(database_url: str) -> None:
    async with world_over(database_url) as world:
        device = await with_passkey(await sign_up(world))
    async with world_over(database_url, require_verified_email="on") as world:
        refused = await sign_in(await world.browser(), device)

    assert (refused.status_code, code_of(refused)) == (403, "EMAIL_NOT_VERIFIED")


async def test_the_browsers_previous_session_ends(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    browser = await world.browser()
    before = (await ada.sign_in(browser)).json()["token"]

    await sign_in(browser, device)

    assert (await (await world.bearer(before)).get("/get-session")).json() is None


async def test_an_operators_reset_removes_passkeys(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    user_id = (await ada.session())["user"]["id"]

    await world.athena.users.reset_second_factor(user_id)

    assert code_of(await sign_in(await world.browser(), device)) == "PASSKEY_NOT_FOUND"


async def test_a_deleted_account_has_no_passkey(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    assert (await ada.post("/delete-user", password=PASSWORD)).status_code == 200

    assert code_of(await sign_in(await world.browser(), device)) == "PASSKEY_NOT_FOUND"


async def test_level_two_of_a_passkey_opens_what_requires_a_second_factor(world: World, ada: Person) -> None:
    device = await with_passkey(ada)
    browser = await world.browser()
    await sign_in(browser, device)

    checked = await browser.get("/check-session", params={"level": 2, "fresh": 600})
    by_password = await ada.client.get("/check-session", params={"level": 2})

    assert checked.status_code == 200, checked.text
    assert code_of(by_password) == "ENROLMENT_REQUIRED"


async def test_the_audit_log_names_the_passkey(world: World, ada: Person) -> None:
    """An owner of ten must be able to find out which one was refused, or may have been copied."""
    device = await with_passkey(ada, replace(Authenticator(), count=5))
    passkey_id = (await ada.client.get("/passkey/list-user-passkeys")).json()[0]["id"]
    browser = await world.browser()
    options = await sign_in_options(browser)

    await verify(browser, replace(device, origin="https://athena.example.net").get(options))
    await sign_in(browser, device)
    await sign_in(browser, replace(device, count=0))

    named = await fetch_all(
        world.database_url, "SELECT event, authenticator_id FROM athena_audit WHERE event LIKE '%passkey%'"
    )
    assert {passkey_id} == {found for _, found in named}
    assert {event for event, _ in named} >= {EventName.PASSKEY_ACCEPTED, EventName.PASSKEY_REFUSED}
