"""Removing the password of an account, and what follows: its owner signs in with passkeys."""

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from support.dump import execute, fetch_all
from support.links import ask_for_reset, reset_token, verify_address
from support.passkey import Authenticator
from support.passkey_user import (
    challenged,
    code_of,
    continue_with,
    has_password,
    passkey_ids,
    prompt,
    ready_to_remove,
    second_step,
    sign_in,
    turn_on,
    verify_in_session,
    with_passkey,
    without_password,
)
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

NEW = "another long sentence of mine"
EVENTS = "SELECT event FROM athena_audit WHERE event LIKE 'account:password:%' ORDER BY id"


async def removal(person: Person) -> str:
    """Ask for the removal; return the code of the refusal, and see that the password still works."""
    refused = await person.post("/remove-password")
    assert refused.status_code in {400, 403, 404}, refused.text
    assert await has_password(person)
    assert (await person.sign_in()).status_code == 200
    return code_of(refused)


async def test_the_owner_signs_in_with_the_passkey_alone(world: World, ada: Person) -> None:
    device = await without_password(ada)

    browser = await world.browser()
    signed_in = await sign_in(browser, device)

    assert signed_in.status_code == 200, signed_in.text
    assert (await browser.get("/get-session")).json()["session"]["level"] == 2
    assert not await has_password(ada)
    user = await world.athena.users.find(ada.email)
    assert user is not None
    assert not user.has_password
    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_REMOVED)
    assert await fetch_all(world.database_url, EVENTS) == [("account:password:removed",)]


async def test_it_needs_two_factor_authentication(world: World, ada: Person) -> None:
    """A password reset by mail would otherwise let anyone in who reads the mail."""
    device = await with_passkey(ada)
    browser = await world.browser()
    await continue_with(ada, await sign_in(browser, device))

    assert await removal(ada) == "TWO_FACTOR_NOT_ENABLED"


async def test_it_needs_a_verified_address(world: World, ada: Person) -> None:
    """A link to another one removes the second factors: it may be an attacker who has signed up with it."""
    await ada.turn_on_totp()
    await verify_in_session(ada, await with_passkey(ada))

    assert await removal(ada) == "EMAIL_NOT_VERIFIED"


async def test_it_needs_a_passkey_that_verifies_its_user(world: World, ada: Person) -> None:
    await verify_address(ada)
    device = await turn_on(ada, Authenticator(verifies_user=False))
    device.verifies_user = True  # a thief of a security key could set its first PIN
    await verify_in_session(ada, device)

    assert await removal(ada) == "PASSKEY_NOT_FOUND"


async def test_a_suspended_passkey_is_not_enough(ada: Person) -> None:
    await ready_to_remove(ada)
    device = await with_passkey(ada)
    await verify_in_session(ada, device)
    (passkey,) = await passkey_ids(ada)
    suspended = await ada.post("/two-factor/suspend-authenticator", id=passkey)
    assert suspended.status_code == 200, suspended.text

    assert await removal(ada) == "PASSKEY_NOT_FOUND"


async def test_it_needs_a_passkey_that_has_just_verified_its_user_in_the_session(
    world: World, ada: Person
) -> None:
    await ready_to_remove(ada)
    device = await with_passkey(ada)

    assert await removal(ada) == "STEP_UP_REQUIRED", "making a passkey does not count as using it"
    await ada.step_up()
    assert await removal(ada) == "STEP_UP_REQUIRED", "a code can be phished"
    device.verifies_user = False
    await verify_in_session(ada, device)
    assert await removal(ada) == "STEP_UP_REQUIRED", "possession alone is one factor"
    device.verifies_user = True
    await verify_in_session(ada, device)
    world.clock.advance(601)
    assert await removal(ada) == "STEP_UP_REQUIRED", "it is too long ago"
    await ada.step_up()
    assert await removal(ada) == "STEP_UP_REQUIRED", "a later code does not renew it"

    await verify_in_session(ada, device)
    assert (await ada.post("/remove-password")).status_code == 200


async def test_the_proof_of_another_session_does_not_count(world: World, ada: Person) -> None:
    await ready_to_remove(ada)
    device = await with_passkey(ada)
    assert (await sign_in(await world.browser(), device)).status_code == 200

    assert await removal(ada) == "STEP_UP_REQUIRED"


async def test_a_sign_in_with_the_passkey_is_proof_enough(world: World, ada: Person) -> None:
    await ready_to_remove(ada)
    device = await with_passkey(ada)
    browser = await world.browser()
    await sign_in(browser, device)

    removed = await browser.post("/remove-password", json={})

    assert removed.status_code == 200, removed.text
    assert code_of(await browser.post("/remove-password", json={})) == "CREDENTIAL_ACCOUNT_NOT_FOUND"


async def test_everything_that_rested_on_the_password_ends(world: World, ada: Person) -> None:
    await ready_to_remove(ada)
    device = await with_passkey(ada)
    trusted = await challenged(world, ada)
    await trusted.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    pending, link, before = await ada.challenge(), await reset_token(world, ada.email), ada.client
    await verify_in_session(ada, device)

    await continue_with(ada, await ada.post("/remove-password"))

    assert (await trusted.get("/get-session")).json() is None
    assert (await before.get("/get-session")).json() is None, "the token was replaced"
    assert await ada.session() is not None
    world.clock.advance(60)
    assert code_of(await ada.answer(pending, "verify-totp", code=ada.code())) == "INVALID_TWO_FACTOR_COOKIE"
    reset = await trusted.post("/reset-password", json={"token": link, "newPassword": NEW})
    assert code_of(reset) == "INVALID_TOKEN"
    assert (await ada.client.get("/two-factor/trusted-devices")).json() == []


def seen(answer: httpx.Response) -> tuple[object, ...]:
    """Return what a stranger sees of an answer."""
    own = {"x-request-id", "date"}
    return answer.status_code, answer.text, sorted(name for name in answer.headers if name not in own)


async def test_a_stranger_sees_no_difference(world: World, ada: Person) -> None:
    await without_password(ada)
    eve = await sign_up(world, "eve@example.com", "Eve")

    async def tried(email: str) -> list[tuple[object, ...]]:
        client = await world.client()
        body = {"email": email, "password": "not the password of anyone"}
        answers = [await client.post("/sign-in/email", json=body) for _ in range(8)]
        answers.append(await client.post("/request-password-reset", json={"email": email}))
        return [seen(each) for each in answers]

    theirs = await tried(eve.email)

    assert theirs[0][0] == 401
    assert await tried(ada.email) == theirs
    assert await tried("nobody@example.com") == theirs
    assert (await ada.sign_in()).status_code in {401, 429}, "the old password is wrong too"


async def test_a_sign_in_costs_what_it_costs_with_a_wrong_password(sqlite_url: str) -> None:
    """The hash is one of the current cost: a faster answer would reveal the account."""
    async with world_over(sqlite_url, hasher=None, argon2_passes=3) as world:
        ada = await sign_up(world)
        await without_password(ada)
        hashes = await fetch_all(sqlite_url, "SELECT password_hash FROM athena_account")

    assert str(hashes[0][0]).startswith("$argon2id$v=19$m=19456,t=3,p=1$")


async def test_the_password_comes_back_by_email_with_a_second_factor(world: World, ada: Person) -> None:
    await without_password(ada)
    token = await reset_token(world, ada.email)
    client = await world.client()

    reset = await client.post("/reset-password", json={"token": token, "newPassword": NEW})
    ada.password = NEW
    challenge = await ada.challenge()
    answered = await ada.answer(challenge, "verify-backup-code", code=ada.backup_codes[0])

    assert reset.json()["twoFactorRedirect"] is True, "the mailbox is one factor"
    await continue_with(ada, answered)
    assert await has_password(ada)


async def test_a_password_that_an_older_server_resets_counts_at_once(world: World, ada: Person) -> None:
    """It knows nothing of the removal. A passkey must not stay in place of a password that there is."""
    await without_password(ada)
    changed = "UPDATE athena_account SET password_changed_at = password_changed_at + 1"
    await execute(world.database_url, changed)

    assert await has_password(ada)
    refused = await ada.post("/two-factor/generate-backup-codes")
    assert (refused.status_code, code_of(refused)) == (400, "VALIDATION_ERROR")


async def test_an_operator_may_reset_the_factors(world: World, ada: Person) -> None:
    await without_password(ada)
    user_id = (await ada.session())["user"]["id"]

    await world.athena.users.reset_second_factor(user_id)
    await ask_for_reset(world, ada.email)
    client = await world.client()
    token = await reset_token(world, ada.email, nth=2)
    await client.post("/reset-password", json={"token": token, "newPassword": NEW})
    ada.password = NEW

    await continue_with(ada, await ada.sign_in())
    assert await has_password(ada)


@pytest.mark.parametrize("kept", [Authenticator(), Authenticator(verifies_user=False)])
async def test_in_a_session_the_authenticator_is_asked_to_verify_its_user(
    world: World, ada: Person, kept: Authenticator
) -> None:
    await ready_to_remove(ada)
    await with_passkey(ada, kept)
    assert (await prompt(await challenged(world, ada)))["userVerification"] == "discouraged"
    assert (await prompt(ada.client))["userVerification"] == "preferred"

    device = await with_passkey(ada)
    await verify_in_session(ada, device)
    await continue_with(ada, await ada.post("/remove-password"))

    assert (await prompt(ada.client))["userVerification"] == "required"
    assert (await second_step(ada.client, device)).status_code == 200


async def test_the_old_password_is_no_longer_found_in_a_breach(world: World, ada: Person) -> None:
    await execute(world.database_url, "UPDATE athena_account SET breach_found_for = password_changed_at")
    signed_in = await world.resolve(ada.token)
    assert signed_in.account.password_is_breached

    await without_password(ada)

    assert not (await world.resolve(ada.token)).account.password_is_breached
    assert PASSWORD not in str(
        await fetch_all(world.database_url, "SELECT password_hash FROM athena_account")
    )
