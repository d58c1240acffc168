"""The pages from signing up to signing out, as a browser without JavaScript uses them."""

import base64

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.factors import BackupCodes, Otp, Totp
from athena_auth.settings import BASE_PATH
from support.key_fob import KeyFob, code_of
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import ORIGIN, World, world_over

EMAIL = "ada@example.com"


async def visiting(world: World, **headers: str) -> Visitor:
    return Visitor(await world.visitor(**headers))


async def signing_in(world: World, path: str = "/sign-in") -> Visitor:
    """Return a visitor who has entered the password."""
    visitor = await visiting(world)
    await visitor.open(path)
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    return visitor


@pytest.fixture
async def enrolled(sqlite_world: World) -> Person:
    """Return a person with an authenticator app."""
    ada = await sign_up(sqlite_world)
    await ada.turn_on_totp()
    return ada


async def test_a_new_user_signs_up_out_and_in(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)

    await visitor.open("/")
    assert visitor.path == "/sign-in"
    await visitor.follow("Create one")
    await visitor.send("Create the account", name="Ada <b>", email=EMAIL, password=PASSWORD)

    assert visitor.path == "/check-mail"
    assert EMAIL in visitor.text
    await sqlite_world.mailbox.message_for(EMAIL, MessageKind.EMAIL_VERIFICATION)
    await visitor.follow("Continue without verifying now")
    assert visitor.path == "/security"
    assert "Ada &lt;b&gt;" in visitor.text
    await visitor.send("Sign out")
    assert (visitor.path, visitor.said) == ("/sign-in", "You have signed out.")
    assert (await visitor.open("/security")).url.path == "/sign-in"
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    assert visitor.path == "/security"
    assert (await visitor.open("/sign-in")).url.path == "/security"
    assert (await visitor.open("/")).url.path == "/security"


async def test_the_link_of_a_sign_up_leads_to_the_page_asked_for(database_url: str) -> None:
    asked = "https://app.example.com/start?a=b"
    async with world_over(database_url, trusted_origins="https://app.example.com") as world:
        visitor = await visiting(world)
        await visitor.open(str(httpx.URL("/sign-up", params={"next": asked})))
        await visitor.send("Create the account", name="Ada", email=EMAIL, password=PASSWORD)
        await visitor.send("Send the link again")

        for nth in (1, 2):
            mail = await world.mailbox.message_for(EMAIL, MessageKind.EMAIL_VERIFICATION, nth=nth)
            assert httpx.URL(str(mail.url)).params["callbackURL"] == asked


async def test_a_refused_form_keeps_what_was_entered_but_the_password(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)
    await visitor.open("/sign-up")

    shown = await visitor.send("Create the account", name="Ada", email=EMAIL, password="short1")

    assert (shown.status_code, visitor.path) == (400, "/sign-up")
    assert visitor.said == "The password is too short. Use at least 8 characters."
    assert visitor.fields == {"name": "Ada", "email": EMAIL, "password": ""}
    assert 'aria-describedby="password-hint error"' in visitor.text
    assert 'aria-invalid="true"' in visitor.text


async def test_a_wrong_password_says_so(sqlite_world: World) -> None:
    await sign_up(sqlite_world)
    visitor = await visiting(sqlite_world)
    await visitor.open("/sign-in?next=/security")

    shown = await visitor.send("Sign in", email=EMAIL, password="not my password", remember=None)

    assert shown.status_code == 401
    assert "The email address or password is wrong" in visitor.said
    assert visitor.fields == {"next": "/security", "email": EMAIL, "password": ""}


async def test_the_second_step_takes_a_code_of_the_app(enrolled: Person) -> None:
    visitor = await signing_in(enrolled.world)
    assert visitor.path == "/second-step"
    assert (await visitor.client.get("/security")).headers["location"].startswith("/sign-in")

    refused = await visitor.send("Confirm", code="000000")
    assert refused.status_code == 401
    assert "The code is wrong" in visitor.said
    await visitor.send("Confirm", code=enrolled.code())

    assert visitor.path == "/security"


async def test_the_second_step_takes_a_code_that_was_sent(enrolled: Person) -> None:
    visitor = await signing_in(enrolled.world)

    await visitor.follow("Get a code by email")
    await visitor.send("Send the code")
    assert visitor.said == "We have sent you a code."
    sent = await enrolled.world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP)
    await visitor.send("Send another code")
    again = await enrolled.world.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP, nth=2)
    assert sent.code is not None
    assert again.code is not None
    if sent.code != again.code:
        await visitor.send("Confirm", code=sent.code)
        assert "The code is wrong" in visitor.said
    await visitor.send("Confirm", code=f" {again.code[:3]} {again.code[3:]}")

    assert visitor.path == "/security"


@pytest.mark.parametrize(("trust_ttl", "offered"), [(86_400, True), (0, False)])
async def test_trust_is_offered_where_devices_are_trusted(
    sqlite_url: str, trust_ttl: int, offered: bool
) -> None:
    async with world_over(sqlite_url, trust_ttl=trust_ttl) as world:
        await (await sign_up(world)).turn_on_totp()
        visitor = await signing_in(world)
        assert visitor.path == "/second-step"
        assert ("Trust this browser" in visitor.text) is offered


async def test_the_second_step_takes_a_backup_code_and_trusts_the_browser(enrolled: Person) -> None:
    visitor = await signing_in(enrolled.world)

    await visitor.follow("Use a backup code")
    assert "Trust this browser for 30 days" in visitor.text
    await visitor.send("Confirm", code=enrolled.backup_codes[0], trust="true")
    assert visitor.path == "/security"
    await visitor.send("Sign out")
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)

    assert visitor.path == "/security", "the browser is trusted"


async def test_an_expired_challenge_leads_back_to_the_sign_in_with_the_address(enrolled: Person) -> None:
    visitor = await signing_in(enrolled.world, "/sign-in?next=/security")
    enrolled.world.clock.advance(3600)

    await visitor.send("Confirm", code=enrolled.code())

    assert "This sign-in has ended or expired" in visitor.said
    assert visitor.fields["email"] == EMAIL
    assert visitor.fields["next"] == "/security"
    await visitor.send("Sign in", password=PASSWORD)
    assert visitor.path == "/second-step"
    enrolled.world.clock.advance(3600)
    await visitor.open("/second-step")
    assert visitor.path == "/sign-in"
    assert "took too long" in visitor.said


async def test_too_many_wrong_codes_lead_back_to_the_sign_in(enrolled: Person) -> None:
    visitor = await signing_in(enrolled.world)

    for _ in range(5):
        await visitor.send("Confirm", code="000000")

    assert "Too many wrong codes" in visitor.said
    assert "password" in visitor.fields


async def test_a_factor_of_the_host_completes_a_sign_in(sqlite_url: str) -> None:
    async with world_over(sqlite_url, factors=(Totp, Otp, BackupCodes, KeyFob)) as world:
        ada = await sign_up(world)
        begun = await ada.post("/two-factor/enable", password=PASSWORD, method="fob")
        secret = base64.b32decode(begun.json()["secret"])
        assert (await ada.post("/two-factor/verify-fob", code=code_of(secret, 0))).status_code == 200

        visitor = await signing_in(world)
        await visitor.follow("fob")
        await visitor.send("Confirm", code=code_of(secret, 1))

        assert visitor.path == "/security"


@pytest.mark.parametrize("filler", ["a", "é"])
async def test_a_sign_in_leads_to_no_address_that_proxies_refuse(sqlite_world: World, filler: str) -> None:
    """The cookie of the session is in the same response."""
    await sign_up(sqlite_world)
    client = await sqlite_world.visitor()

    signed_in = await client.post(
        "/sign-in", data={"email": EMAIL, "password": PASSWORD, "next": "/" + filler * 2048}
    )
    onward = await client.get(signed_in.headers["location"])

    assert len(signed_in.headers["location"]) < 100
    assert onward.headers["location"] == "/security"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
async def test_a_sign_in_leads_to_no_foreign_page(sqlite_world: World, target: str) -> None:
    await sign_up(sqlite_world)

    visitor = await signing_in(sqlite_world, str(httpx.URL("/sign-in", params={"next": target})))

    assert visitor.url == f"{ORIGIN}/security"


async def test_a_sign_in_leads_to_a_page_of_a_trusted_origin(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_origins=("https://app.example.com",)) as world:
        await sign_up(world)
        client = await world.visitor()
        form = {"email": EMAIL, "password": PASSWORD, "next": "https://app.example.com/start?a=b"}

        answer = await client.post("/sign-in", data=form)
        onward = await client.get(answer.headers["location"])

        assert onward.headers["location"] == "https://app.example.com/start?a=b"
        policy = answer.headers["content-security-policy"]
        assert "form-action 'self' https://app.example.com;" in policy


async def test_a_browser_without_cookies_is_told_so(sqlite_world: World) -> None:
    await sign_up(sqlite_world)
    client = await sqlite_world.visitor()

    answer = await client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    client.cookies.clear()
    shown = await client.get(answer.headers["location"])

    assert shown.status_code == 400
    assert "Cookies are needed" in shown.text


async def test_staying_signed_in_is_a_choice(sqlite_world: World) -> None:
    await sign_up(sqlite_world)
    client = await sqlite_world.visitor()
    form = {"email": EMAIL, "password": PASSWORD}

    stays = await client.post("/sign-in", data={**form, "remember": "true"})
    ends = await client.post("/sign-in", data=form)

    assert "Max-Age=604800" in session_cookie_of(stays)
    assert "Max-Age" not in session_cookie_of(ends)


def session_cookie_of(answer: httpx.Response) -> str:
    return next(value for value in answer.headers.get_list("set-cookie") if "session_token=" in value)


async def test_the_session_of_the_pages_is_that_of_the_api(sqlite_world: World) -> None:
    await sign_up(sqlite_world)
    visitor = await signing_in(sqlite_world)

    session = await visitor.client.get(f"{BASE_PATH}/get-session", headers={"accept": "application/json"})

    assert session.json()["user"]["email"] == EMAIL


async def test_an_address_that_must_be_verified_first_has_no_session(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_verified_email="on") as world:
        visitor = await visiting(world)
        for _ in range(2):
            await visitor.open("/sign-up")
            await visitor.send("Create the account", email=EMAIL, password=PASSWORD)
            assert visitor.path == "/check-mail"
            assert EMAIL not in visitor.text, "known and unknown addresses have the same page"
        await visitor.follow("Sign in")
        await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
        assert visitor.path == "/sign-in"
        mail = await world.mailbox.message_for(EMAIL, MessageKind.EMAIL_VERIFICATION)

        await visitor.open(str(mail.url))
        await visitor.send("Confirm the address", password=PASSWORD)
        await visitor.follow("Continue")
        await visitor.send("Sign in", email=EMAIL, password=PASSWORD)

        assert visitor.path == "/security"


async def test_an_invitation_opens_the_form_without_its_token_in_the_address(sqlite_url: str) -> None:
    async with world_over(sqlite_url, sign_up="invite") as world:
        await world.athena.users.invite(EMAIL)
        mail = await world.mailbox.message_for(EMAIL, MessageKind.INVITATION)
        visitor = await visiting(world)
        await visitor.open("/sign-in")
        assert "Create one" not in visitor.text

        await visitor.open(str(mail.url))
        assert visitor.path == "/sign-up"
        assert "invite=" not in visitor.url
        await visitor.send("Create the account", email=EMAIL, password="short")
        await visitor.send("Create the account", email=EMAIL, password=PASSWORD)

        assert visitor.path == "/security"


@pytest.mark.parametrize(
    ("policy", "said"),
    [("closed", "Sign-up is closed."), ("invite", "Sign-up requires an invitation.")],
    ids=["closed", "by invitation"],
)
async def test_a_closed_sign_up_says_so_before_a_form_is_filled_in(
    sqlite_url: str, policy: str, said: str
) -> None:
    async with world_over(sqlite_url, sign_up=policy) as world:
        visitor = await visiting(world)

        shown = await visitor.open("/sign-up")

        assert shown.status_code == 403
        assert said in visitor.said
        assert "Create the account" not in shown.text
