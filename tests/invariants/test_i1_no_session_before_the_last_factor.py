"""I1: a first factor yields a challenge, whose token is valid only for the second step."""

import pytest

from support.dump import execute, fetch_all
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

CLOSED_TO_A_CHALLENGE = [
    ("GET", "/list-sessions", None),
    ("POST", "/revoke-session", {"token": "x"}),
    ("POST", "/revoke-sessions", {}),
    ("POST", "/revoke-other-sessions", {}),
    ("POST", "/update-user", {"name": "Eve"}),
    ("POST", "/delete-user", {"password": PASSWORD}),
    ("POST", "/change-password", {"currentPassword": PASSWORD, "newPassword": "another password"}),
    ("POST", "/two-factor/enable", {"password": PASSWORD}),
    ("POST", "/two-factor/get-totp-uri", {"password": PASSWORD}),
    ("POST", "/two-factor/generate-backup-codes", {"password": PASSWORD}),
    ("POST", "/two-factor/disable", {"password": PASSWORD}),
]


async def test_nothing_in_the_password_steps_reply_is_a_session(world: World, ada: Person) -> None:
    """GHSA-xg6x-h9c9-2m83: the reply that asked for the second factor carried a cookie that was a session."""
    await ada.turn_on_totp()

    reply = await ada.sign_in(await world.browser())

    values = [value for _, value in reply.cookies.items()] + [reply.json()["token"]]
    assert "set-auth-token" not in reply.headers
    for value in values:
        thief = await world.bearer(value)
        assert (await thief.get("/get-session")).json() is None
        assert (await thief.get("/list-sessions")).status_code == 401


@pytest.mark.parametrize(("method", "path", "body"), CLOSED_TO_A_CHALLENGE)
async def test_a_challenge_token_is_no_session_token(
    sqlite_world: World, method: str, path: str, body: dict[str, str] | None
) -> None:
    """CVE-2019-16766, CVE-2026-111949: a sign-in that waits for its code could add or remove factors."""
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    challenge = await ada.challenge()

    by_bearer = await sqlite_world.bearer(challenge)
    by_cookie = await sqlite_world.browser()
    await ada.sign_in(by_cookie)
    as_session = await sqlite_world.browser()
    as_session.cookies.set("athena-auth.session_token", challenge)

    for client in (by_bearer, by_cookie, as_session):
        answer = await client.request(method, path, json=body)
        assert answer.status_code == 401, (path, answer.text)
    assert (await ada.session())["user"]["name"] == "Ada"


async def test_a_session_token_is_no_challenge_and_a_trust_token_is_neither(
    world: World, ada: Person
) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    body = {"code": ada.code(), "trustDevice": True}
    await browser.post("/two-factor/verify-totp", json=body)
    trust = browser.cookies["athena-auth.trust_device"]

    thief = await world.bearer(trust)

    assert (await thief.get("/get-session")).json() is None
    as_challenge = await world.bearer(f"2fa_{trust}")
    answer = await as_challenge.post("/two-factor/verify-totp", json={"code": ada.code(1)})
    assert answer.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"
    session_as_challenge = await world.bearer(f"2fa_{ada.token}")
    answer = await session_as_challenge.post("/two-factor/verify-totp", json={"code": ada.code(1)})
    assert answer.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_an_account_whose_methods_are_all_gone_is_still_not_let_in(database_url: str) -> None:
    """CVE-2025-64103: the second factor was skipped when none of the checked kinds was enrolled."""
    async with world_over(database_url, otp_fallback="off") as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        await execute(database_url, "DELETE FROM athena_authenticator")
        await execute(database_url, "DELETE FROM athena_backup_code")

        due = (await ada.sign_in()).json()

        assert (due["twoFactorRedirect"], due["twoFactorMethods"]) == (True, [])
        refused = await ada.answer(due["token"], "verify-totp", code=ada.code())
        assert refused.json()["code"] == "TOTP_NOT_ENABLED"


async def test_a_session_of_another_account_does_not_skip_the_second_step(world: World, ada: Person) -> None:
    """better-auth PR 9203: a hook trusted that a session exists without asking whose it is."""
    await ada.turn_on_totp()
    browser = await world.browser()
    other = {"email": "eve@example.com", "password": PASSWORD, "name": "Eve"}
    await browser.post("/sign-up/email", json=other)

    due = await ada.sign_in(browser)

    assert due.json()["twoFactorRedirect"] is True
    assert (await browser.get("/get-session")).json()["user"]["email"] == "eve@example.com"
    answered = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})
    assert answered.json()["user"]["email"] == ada.email
    eves = await fetch_all(world.database_url, "SELECT COUNT(*) FROM athena_session WHERE amr = 'pwd'")
    assert eves == [(0,)], "the session that was there ends when the new one begins"


async def test_the_token_changes_with_the_second_factor(world: World, ada: Person) -> None:
    """CVE-2024-13279: the session's name before the second factor was its name after it."""
    await ada.turn_on_totp()
    challenge = await ada.challenge()

    await ada.answer(challenge, "verify-totp", code=ada.code())

    for token in (challenge, challenge.removeprefix("2fa_")):
        assert (await (await world.bearer(token)).get("/get-session")).json() is None
