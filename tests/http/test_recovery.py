"""Links in emails: verifying an address, and setting a new password."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.links import verification_link, verify_address
from support.person import PASSWORD, Person, sign_up
from support.world import ORIGIN, World, world_over

NEW = "another long sentence of mine"


def token_of(url: str | None) -> str:
    assert url is not None
    return parse_qs(urlsplit(url).query)["token"][0]


async def ask(world: World, email: str, **body: str) -> httpx.Response:
    stranger = await world.client()
    return await stranger.post("/request-password-reset", json={"email": email, **body})


async def reset_token(world: World, email: str, *, nth: int = 1) -> str:
    assert (await ask(world, email)).status_code == 200
    return token_of((await world.mailbox.message_for(email, MessageKind.PASSWORD_RESET, nth=nth)).url)


async def reset(world: World, token: str, password: str = NEW) -> httpx.Response:
    stranger = await world.client()
    return await stranger.post("/reset-password", json={"newPassword": password, "token": token})


async def test_a_forgotten_password_is_replaced_by_a_link(world: World, ada: Person) -> None:
    answer = await reset(world, await reset_token(world, ada.email))

    assert answer.json() == {"status": True, "twoFactorRedirect": False}
    assert "set-auth-token" not in answer.headers
    assert (await ada.sign_in(password=PASSWORD)).status_code == 401
    signed_in = await ada.sign_in(password=NEW)
    assert signed_in.status_code == 200
    assert signed_in.json()["user"]["emailVerified"] is True, "she reads mail there"


async def test_a_reset_ends_in_a_challenge_where_a_second_factor_is_on(world: World, ada: Person) -> None:
    """Gumroad PR 4065, WCA 8432: an attacker who read the owner's email was signed in, second factor or not."""
    await verify_address(ada)
    await ada.turn_on_totp()

    answer = await reset(world, await reset_token(world, ada.email))

    assert answer.json()["twoFactorRedirect"] is True
    assert "otp" not in answer.json()["twoFactorMethods"], "the mailbox has spoken already"
    challenge = answer.json()["token"]
    assert challenge.startswith("2fa_")
    as_session = await world.bearer(challenge)
    assert (await as_session.get("/get-session")).json() is None
    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 200


async def test_everything_that_rests_on_the_old_password_ends(world: World, ada: Person) -> None:
    await verify_address(ada)
    await ada.turn_on_totp()
    browser = await world.browser()
    await ada.sign_in(browser)
    trusted = await browser.post("/two-factor/verify-totp", json={"code": ada.code(), "trustDevice": True})
    assert trusted.status_code == 200
    waiting = await ada.challenge()

    await reset(world, await reset_token(world, ada.email))

    assert await ada.session() is None
    assert (await browser.get("/get-session")).json() is None
    assert (await ada.answer(waiting, "verify-totp", code=ada.code(2))).status_code == 401
    again = await ada.sign_in(browser, password=NEW)
    assert again.json()["twoFactorRedirect"] is True, "the device is trusted no more"


async def test_after_a_reset_by_email_the_mailbox_is_no_second_factor(world: World, ada: Person) -> None:
    """The mailbox would be both factors of an account that chose an app, until a code of the app is verified."""
    await verify_address(ada)
    await ada.turn_on_totp()
    ada.token = ""
    await reset(world, await reset_token(world, ada.email))
    signing_in = await ada.sign_in(password=NEW)
    assert signing_in.json()["twoFactorMethods"] == ["totp", "backup-code"]

    refused = await ada.answer(signing_in.json()["token"], "send-otp")

    assert refused.json()["code"] == "OTP_NOT_CONFIGURED"
    assert (await ada.answer(signing_in.json()["token"], "verify-totp", code=ada.code())).status_code == 200
    assert "otp" in (await ada.sign_in(password=NEW)).json()["twoFactorMethods"], "the app has spoken"


async def test_a_reset_ends_the_wait_and_brings_no_new_attempts(world: World, ada: Person) -> None:
    """An attacker with the mailbox could request resets and continue after each; the owner should not wait for strangers' attempts."""
    await verify_address(ada)
    await ada.turn_on_totp()
    challenge = await ada.challenge()
    for _ in range(5):
        await ada.answer(challenge, "verify-totp", code="000000")

    answer = await reset(world, await reset_token(world, ada.email))

    counted = await fetch_all(
        world.database_url, "SELECT failures, blocked_until FROM athena_guess_budget WHERE lane = 'challenge'"
    )
    assert counted == [(5, 0)]
    assert (await ada.answer(answer.json()["token"], "verify-totp", code=ada.code())).status_code == 200


async def test_a_link_works_once(world: World, ada: Person) -> None:
    token = await reset_token(world, ada.email)
    assert (await reset(world, token)).status_code == 200

    again = await reset(world, token, "yet another long sentence")

    assert (again.status_code, again.json()["code"]) == (400, "INVALID_TOKEN")
    assert (await ada.sign_in(password=NEW)).status_code == 200


async def test_a_link_works_for_half_an_hour(world: World, ada: Person) -> None:
    token = await reset_token(world, ada.email)
    world.clock.advance(1_801)

    assert (await reset(world, token)).json()["code"] == "INVALID_TOKEN"


async def test_links_work_side_by_side_until_one_is_used(world: World, ada: Person) -> None:
    """Anyone may ask for another link, and made the one useless that the owner had just opened."""
    first = await reset_token(world, ada.email)
    second = await reset_token(world, ada.email, nth=2)

    assert (await reset(world, first)).status_code == 200
    assert (await reset(world, second, "yet another long sentence")).json()["code"] == "INVALID_TOKEN"


async def test_a_link_asked_for_under_the_old_password_dies_with_it(world: World, ada: Person) -> None:
    token = await reset_token(world, ada.email)
    assert (await ada.change_password(NEW)).status_code == 200

    assert (await reset(world, token, "yet another long sentence")).json()["code"] == "INVALID_TOKEN"


async def test_a_password_that_will_not_do_does_not_use_the_link_up(world: World, ada: Person) -> None:
    token = await reset_token(world, ada.email)
    refused = await reset(world, token, "short")

    assert refused.json()["code"] == "PASSWORD_TOO_SHORT"
    assert (await reset(world, token, f"my {ada.email}")).json()["code"] == "PASSWORD_CONTAINS_EMAIL"
    assert (await reset(world, token)).status_code == 200


async def test_strangers_and_owners_are_answered_alike(world: World, ada: Person) -> None:
    owner = await ask(world, ada.email)
    stranger = await ask(world, "nobody@example.com")

    assert (owner.status_code, owner.content) == (stranger.status_code, stranger.content)
    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_RESET)
    assert world.mailbox.kinds_for("nobody@example.com") == []


async def test_a_verification_link_is_no_reset_link(world: World, ada: Person) -> None:
    await ada.post("/send-verification-email", email=ada.email)
    mail = await world.mailbox.message_for(ada.email, MessageKind.EMAIL_VERIFICATION)

    assert (await reset(world, token_of(mail.url))).json()["code"] == "INVALID_TOKEN"


async def test_an_address_is_verified_in_a_session_of_its_account(world: World, ada: Person) -> None:
    url = await verification_link(ada)
    assert url.startswith(f"{ORIGIN}/api/auth/verify-email?token=")

    verified = await ada.client.get(url)

    assert verified.json()["status"] is True
    assert (await ada.session())["user"]["emailVerified"] is True
    assert "set-cookie" not in verified.headers, "a link signs nobody in"


async def test_a_link_that_is_opened_twice_says_that_the_address_is_verified(
    world: World, ada: Person
) -> None:
    """The second click, and the mail scanner's, read "expired or used", and people asked for another link."""
    url = await verification_link(ada)
    await ada.client.get(url)

    for client in (ada.client, await world.client()):
        again = await client.get(url)
        assert (again.status_code, again.json()["message"]) == (
            200,
            "This email address is already verified.",
        )


@pytest.mark.parametrize(("seconds", "works"), [(86_000, True), (86_400, False)])
async def test_a_link_that_verifies_works_for_a_day(
    world: World, ada: Person, seconds: int, *, works: bool
) -> None:
    url = await verification_link(ada)

    world.clock.advance(seconds)

    assert (await ada.client.get(url)).status_code == (200 if works else 401)
    assert (await ada.session())["user"]["emailVerified"] is works


async def test_a_reset_link_is_no_verification_link(world: World, ada: Person) -> None:
    """One click, by a program that looks at mails, would verify the address and use the owner's link up."""
    token = await reset_token(world, ada.email)
    stranger = await world.client()

    assert (await stranger.get(f"/verify-email?token={token}")).json()["code"] == "INVALID_TOKEN"

    assert (await ada.session())["user"]["emailVerified"] is False
    assert (await reset(world, token)).status_code == 200


async def test_an_address_that_is_verified_is_sent_no_link(world: World, ada: Person) -> None:
    await verify_address(ada)
    await world.delivered()
    before = world.mailbox.kinds_for(ada.email)

    stranger = await world.client()
    asked = await stranger.post("/send-verification-email", json={"email": ada.email})
    assert asked.json() == {"status": True}
    await reset_token(world, ada.email)

    assert world.mailbox.kinds_for(ada.email) == [*before, MessageKind.PASSWORD_RESET]


async def test_a_link_leads_on_to_a_page_of_ours(database_url: str) -> None:
    async with world_over(database_url, trusted_origins="https://app.example.com") as world:
        ada = await sign_up(world)
        page = "https://app.example.com/welcome?from=mail"
        await ada.post("/send-verification-email", email=ada.email, callbackURL=page)
        mail = await world.mailbox.message_for(ada.email, MessageKind.EMAIL_VERIFICATION, nth=2)

        verified = await ada.client.get(str(mail.url))
        again = await ada.client.get(str(mail.url))
        world.clock.advance(86_400)
        expired = await ada.client.get(str(mail.url))

        assert (verified.status_code, verified.headers["location"]) == (302, page)
        assert (again.status_code, again.headers["location"]) == (302, page)
        assert expired.headers["location"] == f"{page}&error=INVALID_TOKEN"


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/reset",
        "//evil.example",
        "/\\evil.example",
        "https://localhost:3001.evil.example",
        "http://localhost:3001@evil.example/",
        "javascript:alert(1)",
        "/a\n//evil.example",
        "https://[evil",
    ],
)
async def test_a_link_never_leads_to_a_stranger(sqlite_world: World, page: str) -> None:
    """That page would receive the reset token, through an email of ours."""
    stranger = await sqlite_world.client()
    asked = await ask(sqlite_world, "ada@example.com", redirectTo=page)
    sent = await stranger.post(
        "/send-verification-email", json={"email": "ada@example.com", "callbackURL": page}
    )
    followed = await stranger.get("/verify-email", params={"token": "x", "callbackURL": page})

    codes = [answer.json()["code"] for answer in (asked, sent, followed)]
    assert codes == ["INVALID_REDIRECT_URL", "INVALID_CALLBACK_URL", "INVALID_CALLBACK_URL"]


@pytest.mark.parametrize("query", ["", "?token=", "?other=1", "?token=%ff", "?token=" + "x" * 129])
async def test_a_broken_link_is_refused(sqlite_world: World, query: str) -> None:
    answer = await (await sqlite_world.client()).get(f"/verify-email{query}")

    assert (answer.status_code, answer.json()["code"]) in {(401, "INVALID_TOKEN"), (400, "VALIDATION_ERROR")}


async def test_an_owner_is_not_flooded_with_links(world: World, ada: Person) -> None:
    answers = [await ask(world, ada.email) for _ in range(6)]
    await world.mailbox.message_for(ada.email, MessageKind.PASSWORD_RESET, nth=3)

    assert {answer.status_code for answer in answers} == {200}, "a refusal would tell that she has an account"
    assert world.mailbox.kinds_for(ada.email).count(MessageKind.PASSWORD_RESET) == 3
