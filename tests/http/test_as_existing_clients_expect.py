"""What front ends for Better Auth rely on, apart from the two-factor endpoints."""

from typing import Any

import httpx
import pytest

from support.links import reset_token, verification_link
from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, World, world_over

FRONT_END = "https://app.example.com"
UNTRUSTED = [
    "https://evil.example/x",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "http://localhost:3001.evil.example",
]


def new(email: str, **more: Any) -> dict[str, Any]:
    return {"email": email, "password": PASSWORD, "name": "Ada", **more}


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def removed(answer: httpx.Response) -> set[str]:
    """Return the names of the cookies that the answer removes."""
    headers = answer.headers.get_list("set-cookie")
    return {header.partition("=")[0] for header in headers if "Max-Age=0" in header}


@pytest.mark.parametrize("page", ["/dashboard", f"{FRONT_END}/dashboard?tab=1", f"{ORIGIN}/x"])
async def test_a_sign_in_leads_to_its_callback(sqlite_url: str, page: str) -> None:
    """The published client stayed on the sign-in page."""
    async with world_over(sqlite_url, trusted_origins=(FRONT_END,)) as world:
        browser = await world.browser()
        signed_up = await browser.post("/sign-up/email", json=new("ada@example.com", callbackURL=page))
        signed_in = await browser.post("/sign-in/email", json=new("ada@example.com", callbackURL=page))
    for answer in (signed_up, signed_in):
        assert (answer.json()["redirect"], answer.json()["url"]) == (True, page)


async def test_without_a_callback_it_leads_nowhere(sqlite_world: World) -> None:
    browser = await sqlite_world.browser()
    await browser.post("/sign-up/email", json=new("ada@example.com"))
    answer = (await browser.post("/sign-in/email", json=new("ada@example.com"))).json()
    assert answer["redirect"] is False
    assert "url" not in answer


async def test_with_a_second_factor_it_leads_there_after_that(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()

    due = await ada.sign_in(browser, callbackURL="/dashboard")
    passed = await browser.post("/two-factor/verify-totp", json={"code": ada.code()})

    assert due.json()["twoFactorRedirect"] is True
    assert "url" not in due.json()
    assert (passed.json()["redirect"], passed.json()["url"]) == (True, "/dashboard")


@pytest.mark.parametrize("path", ["verify-otp", "verify-backup-code"])
async def test_so_does_every_factor(world: World, ada: Person, path: str) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser, callbackURL="/dashboard")
    code = ada.backup_codes[0]
    if path == "verify-otp":
        await browser.post("/two-factor/send-otp")
        code = await world.mailbox.code_for(ada.email)

    passed = await browser.post(f"/two-factor/{path}", json={"code": code})

    assert (passed.json()["redirect"], passed.json()["url"]) == (True, "/dashboard")


@pytest.mark.parametrize("page", UNTRUSTED)
async def test_a_callback_to_a_stranger_is_refused_and_changes_nothing(
    sqlite_world: World, page: str
) -> None:
    browser = await sqlite_world.browser()
    refused = await browser.post("/sign-up/email", json=new("ada@example.com", callbackURL=page))
    assert code_of(refused) == (403, "INVALID_CALLBACK_URL")
    assert "set-cookie" not in refused.headers
    assert (await browser.post("/sign-up/email", json=new("ada@example.com"))).status_code == 200

    refused = await browser.post("/sign-in/email", json=new("ada@example.com", callbackURL=page))

    assert code_of(refused) == (403, "INVALID_CALLBACK_URL")


async def test_a_dead_challenge_cookie_is_removed(world: World, ada: Person) -> None:
    """Middleware that looks at cookies alone went on taking the browser for one in the middle of a sign-in."""
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    world.clock.advance(601)

    for path, body in (("verify-totp", {"code": "123456"}), ("send-otp", {})):
        answer = await browser.post(f"/two-factor/{path}", json=body)
        assert code_of(answer) == (401, "INVALID_TWO_FACTOR_COOKIE")
    assert "athena-auth.two_factor" not in browser.cookies


async def test_a_dead_trusted_device_cookie_is_removed_and_anothers_is_not(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    world.clock.advance(60)
    grace = await sign_up(world, "grace@example.com", "Grace")
    await grace.turn_on_totp()

    other = await grace.sign_in(browser)
    assert "athena-auth.trust_device" not in removed(other), "it is Ada's, and works"

    await ada.step_up()
    await ada.post("/two-factor/revoke-trusted-devices")
    dead = await ada.sign_in(browser)

    assert dead.json()["twoFactorRedirect"] is True
    assert "athena-auth.trust_device" in removed(dead)


@pytest.mark.parametrize("path", ["send-otp", "verify-totp", "verify-otp", "verify-backup-code"])
async def test_an_expired_challenge_is_reported(sqlite_world: World, path: str) -> None:
    code = "aaaa-aaaa-aaaa-aaaa" if path == "verify-backup-code" else "123456"
    for client in (await sqlite_world.browser(), await sqlite_world.client()):
        answer = await client.post(f"/two-factor/{path}", json={"code": code})
        assert code_of(answer) == (401, "INVALID_TWO_FACTOR_COOKIE")


async def test_codes_by_mail_for_an_unverified_address_are_confirmed_by_an_unchanged_front_end(
    world: World, ada: Person
) -> None:
    begun = await ada.post("/two-factor/enable", password=PASSWORD, method="otp")
    assert begun.json()["confirmationPending"] is True

    assert (await ada.post("/two-factor/send-otp")).status_code == 200
    # One was sent at once, and this is the one that was asked for.
    code = await world.mailbox.code_for(ada.email, nth=2)
    confirmed = await ada.post("/two-factor/verify-otp", code=code)

    assert confirmed.status_code == 200, confirmed.text
    assert confirmed.json()["user"]["twoFactorEnabled"] is True


async def test_the_password_is_the_one_account_there_is(world: World, ada: Person) -> None:
    [account] = (await ada.client.get("/list-accounts")).json()
    assert account["providerId"] == "credential"
    assert account["scopes"] == []
    assert (await (await world.client()).get("/list-accounts")).status_code == 401


async def test_calls_by_their_earlier_names(world: World, ada: Person) -> None:
    asked = await ada.post("/forget-password", email=ada.email)
    assert asked.status_code == 200
    token = await reset_token(world, ada.email, nth=2)

    followed = await ada.client.get(
        f"/reset-password/{token}", params={"callbackURL": "/api/auth/reset-password"}
    )
    assert followed.status_code == 302
    assert followed.headers["location"] == f"{ORIGIN}/api/auth/reset-password?token={token}"
    dead = await ada.client.get("/reset-password/no-such-token")
    assert dead.headers["location"] == f"{ORIGIN}/api/auth/reset-password?error=INVALID_TOKEN"
    refused = await ada.client.get(f"/reset-password/{token}", params={"callbackURL": "https://evil.example"})
    assert code_of(refused) == (403, "INVALID_CALLBACK_URL")

    session = await ada.client.post("/get-session")
    assert session.json()["user"]["email"] == ada.email
    done = await ada.client.post(
        "/reset-password", params={"token": token}, json={"newPassword": "another battery"}
    )
    assert done.status_code == 200, done.text


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("/new-password", True),
        (f"{ORIGIN}/new-password", True),
        ("/api/auth/reset-password", True),
        ("/api/auth/ok", False),
        ("/api/auth", False),
        (f"{ORIGIN}/api/auth/get-session", False),
        (ORIGIN, False),
    ],
)
async def test_the_token_of_a_reset_is_for_pages_and_not_for_this_api(
    sqlite_world: World, page: str, allowed: bool
) -> None:
    """A front end on the same origin has its page there; on an endpoint of ours the token would only leak."""
    client = await sqlite_world.client()
    asked = await client.post("/request-password-reset", json={"email": "a@example.com", "redirectTo": page})
    assert code_of(asked) == ((200, None) if allowed else (403, "INVALID_REDIRECT_URL"))


async def test_codes_and_statuses(world: World, ada: Person) -> None:
    client = await world.client()
    taken = await client.post("/sign-up/email", json=new(ada.email))
    assert code_of(taken) == (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
    nameless = await client.post("/sign-up/email", json=new("nameless@example.com", name=""))
    assert (nameless.status_code, nameless.json()["user"]["name"]) == (200, "")
    malformed = await client.post("/sign-in/email", json=new("no address"))
    assert code_of(malformed) == (400, "INVALID_EMAIL")
    assert code_of(await client.get("/verify-email?token=no-such-token")) == (401, "INVALID_TOKEN")
    redirect = await client.post(
        "/request-password-reset", json={"email": ada.email, "redirectTo": "https://evil.example"}
    )
    assert code_of(redirect) == (403, "INVALID_REDIRECT_URL")
    callback = await (await world.client()).post(
        "/send-verification-email", json={"email": ada.email, "callbackURL": "//evil.example"}
    )
    assert code_of(callback) == (403, "INVALID_CALLBACK_URL")
    assert code_of(await ada.post("/update-user", email="new@example.com")) == (
        400,
        "EMAIL_CAN_NOT_BE_UPDATED",
    )
    assert code_of(await ada.post("/update-user")) == (400, "VALIDATION_ERROR")
    world.clock.advance(86_401)
    assert code_of(await ada.post("/delete-user")) == (400, "SESSION_EXPIRED")


async def test_a_look_can_leave_the_session_as_it_is(world: World, ada: Person) -> None:
    async def expiry(query: str = "") -> str:
        session = (await ada.client.get(f"/get-session{query}")).json()["session"]
        return str(session["expiresAt"])

    before = await expiry()
    world.clock.advance(3 * 86_400)
    assert await expiry("?disableRefresh=true") == before
    assert await expiry("?disableRefresh=false") > before


async def test_verification_says_to_the_owner_what_there_is_to_verify(world: World, ada: Person) -> None:
    other = await ada.post("/send-verification-email", email="grace@example.com")
    assert code_of(other) == (400, "EMAIL_MISMATCH")
    link = await verification_link(ada)
    first, second = [await ada.client.get(link), await ada.client.get(link)]
    assert first.json()["status"] is True
    assert second.json()["status"] is True
    assert "already" in second.json()["message"]
    again = await ada.post("/send-verification-email", email=ada.email)
    assert code_of(again) == (400, "EMAIL_ALREADY_VERIFIED")
    stranger = await (await world.client()).post("/send-verification-email", json={"email": ada.email})
    assert stranger.status_code == 200, "nobody else is told"


async def test_after_the_limit_of_a_challenge_the_sign_in_begins_anew(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    answers = [await ada.answer(challenge, "verify-totp", code=f"00000{n}") for n in range(7)]
    assert [code_of(answer)[1] for answer in answers[:5]] == ["INVALID_CODE"] * 5
    assert code_of(answers[5]) == (400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
    assert code_of(answers[6]) == (401, "INVALID_TWO_FACTOR_COOKIE")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "null"}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "https://evil.example"}, "INVALID_ORIGIN"),
        ({"origin": "https://evil.example", "referer": f"{ORIGIN}/page"}, "INVALID_ORIGIN"),
        ({"origin": "null", "referer": f"{ORIGIN}/page"}, "MISSING_OR_NULL_ORIGIN"),
        ({"referer": f"{ORIGIN}/page"}, None),
        ({"referer": f"{ORIGIN}.evil.example/page"}, "INVALID_ORIGIN"),
        ({"referer": "https://evil.example/http://localhost:3001/"}, "INVALID_ORIGIN"),
        ({"referer": "http://[broken"}, "MISSING_OR_NULL_ORIGIN"),
        ({"sec-fetch-site": "same-origin"}, None),
        ({"sec-fetch-site": "cross-site", "referer": f"{ORIGIN}/page"}, "MISSING_OR_NULL_ORIGIN"),
        ({"sec-fetch-site": "same-site"}, "MISSING_OR_NULL_ORIGIN"),
    ],
)
async def test_where_a_request_by_cookie_comes_from(
    sqlite_world: World, headers: dict[str, str], code: str | None
) -> None:
    browser = await sqlite_world.client()
    await browser.post("/sign-up/email", json=new("ada@example.com"))

    answer = await browser.post("/update-user", json={"name": "Ada L."}, headers=headers)

    assert answer.json().get("code") == code
    assert (await browser.get("/get-session")).json()["user"]["name"] == ("Ada" if code else "Ada L.")
