"""The pages that links in mails lead to: what the links do, and what stays of their tokens."""

from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.settings import BASE_PATH
from athena_auth.throttle.rules import MAX_BY_STRANGERS
from athena_auth.wire.limits import MAIL_LINKS
from support.attacker import PROXY, network, sign_in_from
from support.links import ask_for_reset, reset_token, token_in, verification_link, verify_address
from support.person import PASSWORD, Person, sign_up
from support.visitor import Visitor
from support.world import ORIGIN, World, world_over

EMAIL = "ada@example.com"
NEW = "another long sentence of mine"
FRONT_END = "https://app.example.com"


@pytest.fixture
async def person(sqlite_world: World) -> Person:
    return await sign_up(sqlite_world)


async def visiting(world: World) -> Visitor:
    return Visitor(await world.visitor())


async def reset_link(world: World, *, nth: int = 1) -> str:
    await ask_for_reset(world, EMAIL)
    mail = await world.mailbox.message_for(EMAIL, MessageKind.PASSWORD_RESET, nth=nth)
    assert mail.url is not None
    return mail.url


async def blocked_link(world: World) -> str:
    """Return the link of the mail about too many failed attempts, from many networks."""
    for number in range(MAX_BY_STRANGERS + 1):
        await sign_in_from(world, network(number), EMAIL, "not the password")
    mail = await world.mailbox.message_for(EMAIL, MessageKind.PASSWORDS_CLOSED)
    assert mail.url is not None
    return mail.url


def traces(answers: Iterator[httpx.Response]) -> str:
    """Return what stays of the answers in a browser's history: the addresses of documents, not those of redirects."""
    return " ".join(str(answer.url) for answer in answers if not answer.is_redirect)


async def test_a_forgotten_password_is_replaced(person: Person) -> None:
    visitor = await visiting(person.world)
    await visitor.open("/sign-in")
    await visitor.follow("Forgot your password?")

    await visitor.send("Send the link", email="not an address")
    assert "not a valid email address" in visitor.said
    await visitor.send("Send the link", email=EMAIL)
    assert "If there is an account with this address" in visitor.said
    await visitor.follow("Send the link again")
    assert visitor.path == "/forgot-password"
    mail = await person.world.mailbox.message_for(EMAIL, MessageKind.PASSWORD_RESET)
    await visitor.open(str(mail.url))
    await visitor.send("Set the password", password="short")
    assert "too short" in visitor.said
    await visitor.send("Set the password", password=NEW)

    assert visitor.said == "Your password was set. Sign in with it now."
    await visitor.follow("Sign in")
    await visitor.send("Sign in", email=EMAIL, password=NEW)
    assert visitor.path == "/security"


async def test_an_unknown_address_has_the_same_answer(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)
    await visitor.open("/forgot-password")

    await visitor.send("Send the link", email="nobody@example.com")

    assert "If there is an account with this address" in visitor.said


async def test_a_reset_still_needs_the_second_factor(person: Person) -> None:
    await verify_address(person)
    await person.turn_on_totp()
    visitor = await visiting(person.world)
    await visitor.open(await reset_link(person.world))

    await visitor.send("Set the password", password=NEW)

    assert "You will still be asked for your second factor" in visitor.said
    assert (await visitor.open("/security")).url.path == "/sign-in"
    await visitor.send("Sign in", email=EMAIL, password=NEW)
    await visitor.send("Confirm", code=person.code())
    assert visitor.path == "/security"


@pytest.mark.parametrize("kind", ["reset", "verify"])
async def test_the_token_of_a_link_stays_in_no_address(person: Person, kind: str) -> None:
    link = await (reset_link(person.world) if kind == "reset" else verification_link(person))
    visitor = await visiting(person.world)

    shown = await visitor.open(link)

    token = token_in(link)
    assert shown.status_code == 200
    assert token not in traces(iter([*shown.history, shown]))
    assert shown.headers["referrer-policy"] == "same-origin"
    assert visitor.fields["token"] == token, "two links that are open at once must not be confused"
    await visitor.open(visitor.url)
    assert visitor.fields["token"] == token, "the page can be loaded again"


async def test_a_page_that_is_loaded_again_shows_no_other_link(person: Person) -> None:
    """The cookie has the link that was opened last: an attacker's, for instance, who made the browser open it."""
    mine = await reset_link(person.world)
    await sign_up(person.world, "eve@example.com")
    eves = await reset_token(person.world, "eve@example.com")
    visitor = await visiting(person.world)
    await visitor.open(mine)
    other = Visitor(visitor.client)
    await other.open(f"{BASE_PATH}/reset-password?token={eves}")

    again = await visitor.open(visitor.url)
    sign_up_page = await other.open("/sign-up?invited=true")

    assert eves not in again.text + sign_up_page.text
    assert (again.status_code, "Open it from the email again" in visitor.said) == (400, True)


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_a_scanner_verifies_no_address(person: Person, method: str) -> None:
    await person.post("/send-verification-email", email=person.email)
    mail = await person.world.mailbox.message_for(person.email, MessageKind.EMAIL_VERIFICATION)
    scanner = await person.world.visitor()
    for accept in ("*/*", "text/html"):
        await scanner.request(method, str(mail.url), headers={"accept": accept}, follow_redirects=True)
    assert (await person.client.get("/get-session")).json()["user"]["emailVerified"] is False
    visitor = await visiting(person.world)
    await visitor.open(str(mail.url))

    await visitor.send("Confirm the address", password=PASSWORD)

    assert (await person.client.get("/get-session")).json()["user"]["emailVerified"] is True


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_opening_a_link_uses_it_up_in_no_browser(person: Person, method: str) -> None:
    link = await reset_link(person.world)
    scanner = await person.world.visitor()
    for accept in ("*/*", "text/html"):
        looked = await scanner.request(method, link, headers={"accept": accept}, follow_redirects=True)
        assert looked.status_code == 200
    visitor = await visiting(person.world)
    await visitor.open(link)

    await visitor.send("Set the password", password=NEW)

    assert "Your password was set" in visitor.said
    again = await visitor.open(link)
    assert (again.status_code, "expired or has already been used" in visitor.said) == (400, True)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/reset-password", "This link is incomplete"),
        ("/verify-email", "This link is incomplete"),
        ("/recognize-browser", "This link is incomplete"),
        ("/reset-password?opened=true", "allow cookies"),
        ("/reset-password?error=INVALID_TOKEN", "expired or has already been used"),
        ("/reset-password?token=nobodys", "expired or has already been used"),
        ("/reset-password?token=a%0d%0aset-cookie:b", "expired or has already been used"),
        ("/verify-email?token=nobodys", "expired or has already been used"),
        ("/verify-email?token=x&callbackURL=https://evil.example", "untrusted origin"),
    ],
)
async def test_a_link_that_does_not_work_says_why(sqlite_world: World, path: str, sentence: str) -> None:
    visitor = await visiting(sqlite_world)

    shown = await visitor.open(BASE_PATH + path)

    assert shown.status_code >= 400
    assert sentence in visitor.said


async def test_a_link_that_must_wait_is_not_said_to_be_broken(sqlite_url: str) -> None:
    async with world_over(sqlite_url, rate_limit="on") as world:
        await sign_up(world)
        visitor = await visiting(world)
        await visitor.open(await reset_link(world))
        for _ in range(MAIL_LINKS.per_minute):
            await visitor.open(visitor.url)

        waits = await visitor.open(visitor.url)

        assert waits.status_code == 429
        assert "does not work" not in visitor.text
        assert f'data-countdown="{waits.headers["retry-after"]}"' in visitor.text


@pytest.mark.parametrize("fetched_by", [{}, {"sec-fetch-dest": "empty"}])
async def test_no_script_of_a_trusted_origin_reads_the_token_of_a_link(
    sqlite_url: str, fetched_by: dict[str, str]
) -> None:
    """CORS lets it read the API with the browser's cookies; the token would set a password."""
    async with world_over(sqlite_url, trusted_origins=(FRONT_END,)) as world:
        await sign_up(world)
        link = await reset_link(world)
        visitor = await visiting(world)
        await visitor.open(link)
        elsewhere = {"origin": FRONT_END, **fetched_by}

        read = await visitor.client.get(visitor.url, headers=elsewhere)

        assert read.status_code == 403
        assert token_in(link) not in read.text
        opened = await visitor.client.get(visitor.url, headers={**elsewhere, "sec-fetch-dest": "document"})
        assert opened.status_code == 200, "browsers may send Origin after a redirect"


async def test_a_form_is_known_by_its_content_type_in_any_case(sqlite_world: World) -> None:
    visitor = await visiting(sqlite_world)

    answer = await visitor.client.post(
        f"{BASE_PATH}/reset-password",
        content="token=nobodys&password=x",
        headers={"content-type": "Application/X-WWW-Form-URLEncoded; charset=UTF-8"},
    )

    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")


async def test_an_address_is_verified_with_the_password(person: Person) -> None:
    link = await verification_link(person)
    visitor = await visiting(person.world)
    await visitor.open(link)
    assert (await person.session())["user"]["emailVerified"] is False

    await visitor.send("Confirm the address", password="not my password")
    assert "password is wrong" in visitor.said
    assert (await person.session())["user"]["emailVerified"] is False
    await visitor.send("Confirm the address", password=PASSWORD)

    assert visitor.said == "Your email address is verified."
    assert (await person.session())["user"]["emailVerified"] is True
    await visitor.open(link)
    assert visitor.said == "This email address is already verified."


async def test_an_address_is_verified_in_a_session_of_its_account_only(person: Person) -> None:
    link = await verification_link(person)
    await sign_up(person.world, "eve@example.com")
    for email, verified in (("eve@example.com", False), (EMAIL, True)):
        visitor = await visiting(person.world)
        await visitor.open("/sign-in")
        await visitor.send("Sign in", email=email, password=PASSWORD)

        await visitor.open(link)

        assert (await person.session())["user"]["emailVerified"] is verified
        assert ("Your email address is verified." in visitor.said) is verified


async def test_a_verified_address_leads_to_the_page_that_the_link_names(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_origins=("https://app.example.com",)) as world:
        ada = await sign_up(world)
        link = await verification_link(ada)
        target = "https://app.example.com/welcome"
        client = await world.visitor()
        visitor = Visitor(client)
        await visitor.open(f"{link}&{urlencode({'callbackURL': target})}")
        form = {**visitor.fields, "password": PASSWORD}

        answer = await client.post(f"{BASE_PATH}/verify-email", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, target)
        late = await client.get(
            f"{BASE_PATH}/verify-email", params={"token": "nobodys", "callbackURL": target}
        )
        ended = await client.get(late.headers["location"])
        assert ended.headers["location"] == f"{target}?error=INVALID_TOKEN"


async def test_a_browser_is_recognized_with_the_password(sqlite_url: str) -> None:
    async with world_over(sqlite_url, trusted_proxies=PROXY) as world:
        await sign_up(world)
        link = await blocked_link(world)
        visitor = await visiting(world)
        await visitor.open("/sign-in")
        await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
        assert "Too many wrong passwords" in visitor.said
        shown = await visitor.open(link)
        assert token_in(link) not in traces(iter([*shown.history, shown]))

        await visitor.send("Allow this browser", password="not my password")
        assert "password is wrong" in visitor.said
        await visitor.send("Allow this browser", password=PASSWORD)

        assert visitor.said == "This browser can sign in now."
        await visitor.follow("Sign in")
        await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
        assert visitor.path == "/security"


@pytest.mark.parametrize("path", ["/reset-password", "/verify-email", "/recognize-browser"])
async def test_a_form_of_another_site_is_refused(sqlite_world: World, path: str) -> None:
    client = await sqlite_world.visitor(origin="https://evil.example")

    answer = await client.post(BASE_PATH + path, data={"token": "x", "password": PASSWORD})

    assert (answer.status_code, "another site" in answer.text) == (403, True)


async def test_the_links_work_without_the_other_pages(sqlite_url: str) -> None:
    async with world_over(sqlite_url, pages="off") as world:
        await sign_up(world)
        visitor = await visiting(world)
        await visitor.open(await reset_link(world))
        assert visitor.url.startswith(f"{ORIGIN}{BASE_PATH}/reset-password")

        await visitor.send("Set the password", password=NEW)

        assert visitor.said == "Your password was set. Sign in with it now."
        assert "return to the application" in visitor.text
        assert "/sign-in" not in visitor.text


async def test_programs_still_use_the_same_paths(person: Person) -> None:
    token = token_in(await reset_link(person.world))
    client = await person.world.client(accept="text/html")

    reset = await client.post("/reset-password", json={"token": token, "newPassword": NEW})

    assert reset.json()["status"] is True
