"""The endpoints for an owner's sessions."""

import pytest

from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

DAY = 86_400


async def test_sign_up_signs_in(world: World) -> None:
    browser = await world.browser()

    body = {
        "email": "Ada@Example.com",
        "password": PASSWORD,
        "name": "Ada",
        "image": "https://example.com/a.png",
    }
    answer = await browser.post("/sign-up/email", json=body)

    user = answer.json()["user"]
    assert user == {
        "id": user["id"],
        "email": "ada@example.com",
        "emailVerified": False,
        "name": "Ada",
        "image": "https://example.com/a.png",
        "twoFactorEnabled": False,
        "createdAt": "2026-09-21T14:13:20.000Z",
        "updatedAt": "2026-09-21T14:13:20.000Z",
    }
    assert answer.headers["set-auth-token"] == answer.json()["token"]
    assert (await browser.get("/get-session?disableCookieCache=true")).json()["user"] == user


async def test_an_address_has_one_account_however_it_is_typed(world: World, ada: Person) -> None:
    client = await world.client()
    body = {"email": " ADA@example.COM ", "password": PASSWORD, "name": "Ada"}

    refused = await client.post("/sign-up/email", json=body)

    assert (refused.status_code, refused.json()["code"]) == (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
    assert "user" in (await ada.sign_in(email=" ADA@example.COM ")).json()


async def test_nobody_is_signed_in(world: World) -> None:
    client = await world.client()

    answer = await client.get("/get-session")

    assert (answer.status_code, answer.json()) == (200, None)


async def test_a_wrong_password_and_an_unknown_address_read_the_same(world: World, ada: Person) -> None:
    """ASVS 6.3.8: the answer must not tell whether an account exists."""
    wrong = await ada.sign_in(password="wrong password")
    unknown = await ada.sign_in(email="nobody@example.com")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_a_password_typed_on_another_keyboard_is_the_same_password(world: World) -> None:
    """NIST SP 800-63B-4 section 3.1.1.2: passwords are normalised before they are hashed."""
    client = await world.client()
    body = {"email": "zoe@example.com", "password": "Zoe\u0308 \ufb01nd \u2460", "name": "Zoe"}
    await client.post("/sign-up/email", json=body)

    answer = await client.post("/sign-in/email", json={**body, "password": "Zo\u00eb find 1"})

    assert answer.status_code == 200


async def test_sign_out_ends_the_session(world: World, ada: Person) -> None:
    assert (await ada.post("/sign-out")).json() == {"success": True}

    assert await ada.session() is None
    again = await (await world.client()).post("/sign-out")
    assert again.json() == {"success": True}


async def test_sessions_are_listed_without_their_tokens_and_ended_by_id(world: World, ada: Person) -> None:
    phone = await world.client(**{"user-agent": "Phone/1.0"})
    signed_in = await ada.sign_in(phone)
    other = await world.bearer(signed_in.json()["token"])

    listed = (await ada.client.get("/list-sessions")).json()

    assert {session["userAgent"] for session in listed} >= {"Phone/1.0"}
    assert signed_in.json()["token"] not in str(listed)
    theirs = next(session for session in listed if session["userAgent"] == "Phone/1.0")
    assert (await ada.post("/revoke-session", token=theirs["token"])).json() == {"status": True}
    assert (await other.get("/get-session")).json() is None
    assert len((await ada.client.get("/list-sessions")).json()) == 1


async def test_a_session_can_be_ended_by_its_token(world: World, ada: Person) -> None:
    token = (await ada.sign_in()).json()["token"]

    assert (await ada.post("/revoke-session", token=token)).json() == {"status": True}

    assert (await (await world.bearer(token)).get("/get-session")).json() is None


async def test_sessions_of_other_accounts_cannot_be_ended(world: World, ada: Person) -> None:
    """CVE-2020-5240: an id in the request was enough to remove what belongs to another account."""
    eve = await sign_up(world, "eve@example.com", "Eve")
    hers = (await ada.client.get("/list-sessions")).json()[0]["id"]

    for handle in (hers, ada.token, "unknown"):
        refused = await eve.post("/revoke-session", token=handle)
        assert (refused.status_code, refused.json()["code"]) == (404, "SESSION_NOT_FOUND")
    assert await ada.session() is not None


async def test_all_others_or_all_can_be_ended(world: World, ada: Person) -> None:
    other = await world.bearer((await ada.sign_in()).json()["token"])

    assert (await ada.post("/revoke-other-sessions")).json() == {"status": True}
    assert (await other.get("/get-session")).json() is None
    assert await ada.session() is not None
    assert (await ada.post("/revoke-sessions")).json() == {"status": True}
    assert await ada.session() is None


async def test_a_session_that_is_used_lives_on_and_one_that_is_not_ends(world: World, ada: Person) -> None:
    for _ in range(10):
        world.clock.advance(6 * DAY)
        assert await ada.session() is not None
    world.clock.advance(7 * DAY)

    assert await ada.session() is None


async def test_reading_a_session_writes_once_a_day_at_most(world: World, ada: Person) -> None:
    first = (await ada.session())["session"]["updatedAt"]
    world.clock.advance(DAY - 1)
    same = (await ada.session())["session"]["updatedAt"]
    world.clock.advance(1)
    moved = (await ada.session())["session"]["updatedAt"]

    assert first == same != moved


async def test_a_browser_gets_a_new_cookie_when_its_session_is_extended(world: World, ada: Person) -> None:
    """Else the cookie would end on the day it was first set for."""
    browser = await world.browser()
    await ada.sign_in(browser)
    world.clock.advance(DAY)

    moved = await browser.get("/get-session")
    same = await browser.get("/get-session")

    assert "Max-Age=604800" in moved.headers["set-cookie"]
    assert "set-cookie" not in same.headers


async def test_a_session_not_to_be_remembered_ends_with_the_browser_and_within_a_day(
    world: World, ada: Person
) -> None:
    browser = await world.browser()

    answer = await ada.sign_in(browser, rememberMe=False)

    cookie = next(c for c in answer.headers.get_list("set-cookie") if "session_token" in c)
    assert "Max-Age" not in cookie
    world.clock.advance(DAY)
    assert (await browser.get("/get-session")).json() is None


async def test_remember_me_passes_through_the_challenge(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser, rememberMe=False)

    passed = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})

    session = next(c for c in passed.headers.get_list("set-cookie") if "session_token" in c)
    assert "Max-Age" not in session


async def test_signing_in_again_ends_the_session_this_browser_had(world: World, ada: Person) -> None:
    """ASVS 7.2.4: a new sign-in gets a new token and ends the old one."""
    browser = await world.browser()
    first = (await ada.sign_in(browser)).json()["token"]

    second = (await ada.sign_in(browser)).json()["token"]

    assert first != second
    assert (await (await world.bearer(first)).get("/get-session")).json() is None
    assert await ada.session() is not None


async def test_a_password_is_changed(world: World, ada: Person) -> None:
    body = {"currentPassword": PASSWORD, "newPassword": "a wholly different password"}

    refused = await ada.post("/change-password", **{**body, "currentPassword": "wrong"})
    short = await ada.post("/change-password", **{**body, "newPassword": "short"})
    old = ada.client
    changed = await ada.change_password(body["newPassword"], revokeOtherSessions=True)

    assert (refused.json()["code"], short.json()["code"]) == ("INVALID_PASSWORD", "PASSWORD_TOO_SHORT")
    assert changed.json()["token"] == changed.headers["set-auth-token"]
    assert (await old.get("/get-session")).json() is None, "a copy of the old token ends with the password"
    assert await ada.session() is not None
    assert (await ada.sign_in(password=PASSWORD)).status_code == 401
    assert (await ada.sign_in()).status_code == 200


async def test_a_profile_is_changed_in_part(ada: Person) -> None:
    await ada.post("/update-user", image="https://example.com/a.png")
    assert (await ada.post("/update-user", name="Countess")).json() == {"status": True}
    user = (await ada.session())["user"]
    assert (user["name"], user["image"]) == ("Countess", "https://example.com/a.png")

    await ada.post("/update-user", image=None)

    user = (await ada.session())["user"]
    assert (user["name"], user["image"]) == ("Countess", None)


async def test_an_account_is_deleted_with_all_its_data(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()

    refused = await ada.post("/delete-user", password="wrong password")
    deleted = await ada.post("/delete-user", password=PASSWORD)

    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_PASSWORD")
    assert deleted.json() == {"success": True, "message": "User deleted"}
    assert await ada.session() is None
    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 401
    assert (await ada.sign_in()).status_code == 401
    await sign_up(world)


async def test_without_a_password_an_account_is_deleted_only_soon_after_a_verification(
    world: World, ada: Person
) -> None:
    world.clock.advance(601)

    refused = await ada.post("/delete-user")

    assert (refused.status_code, refused.json()["code"]) == (400, "SESSION_EXPIRED")
    await ada.turn_on_totp()
    assert (await ada.post("/delete-user")).status_code == 200


async def test_lifetimes_are_settings(sqlite_url: str) -> None:
    async with world_over(sqlite_url, session_ttl=120, challenge_ttl=30, otp_ttl=20) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        challenge = await ada.challenge()
        await ada.answer(challenge, "send-otp")
        code = await world.mailbox.code_for(ada.email)
        world.clock.advance(20)
        assert (await ada.answer(challenge, "verify-otp", code=code)).json()["code"] == "OTP_HAS_EXPIRED"
        world.clock.advance(10)
        assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 401
        world.clock.advance(120)
        assert await ada.session() is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [("my-request-0001", True), ("short", False), ("a b c d e f", False), ("x" * 65, False)],
)
async def test_a_request_keeps_its_callers_id_when_it_is_well_formed(
    sqlite_world: World, given: str, kept: bool
) -> None:
    client = await sqlite_world.client()

    answer = await client.get("/ok", headers={"x-request-id": given})

    assert (answer.headers["x-request-id"] == given) is kept


async def test_the_neighbours_password_opens_nothing(world: World, ada: Person) -> None:
    """Whose hash stands in for an unknown address must not be let in by it."""
    assert (await ada.sign_in(email="aaa@example.com")).status_code == 401
    assert (await ada.sign_in(email="ada@example.con")).status_code == 401
