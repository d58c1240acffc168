"""Signing in to an account that must have a second factor, as a browser without JavaScript does."""

import json
from collections.abc import AsyncIterator

import httpx
import pyotp
import pytest_asyncio

from athena_auth.delivery.model import MessageKind
from support.account_pages import APP_LINK, EMAIL
from support.passkey import Authenticator
from support.person import PASSWORD, Person, sign_up
from support.recovery import due_case, recovering_person
from support.visitor import Visitor
from support.world import World, world_over

DAY = 86_400


@pytest_asyncio.fixture
async def company(sqlite_url: str) -> AsyncIterator[World]:
    async with world_over(sqlite_url, require_second_factor="all") as world:
        yield world


@pytest_asyncio.fixture
async def overdue(company: World) -> Person:
    person = await sign_up(company)
    company.clock.advance(15 * DAY)
    return person


async def signing_in(world: World) -> Visitor:
    visitor = Visitor(await world.visitor())
    await visitor.open("/sign-in")
    await visitor.send("Sign in", email=EMAIL, password=PASSWORD)
    return visitor


async def create_passkey(visitor: Visitor, device: Authenticator) -> httpx.Response:
    """Make a passkey for the options that the page shows, and send its form."""
    form = visitor.passkey_form
    return await visitor.send_again(form, credential=json.dumps(device.create(json.loads(form.options))))


async def test_the_sign_in_leads_to_an_app_its_backup_codes_and_the_overview(
    company: World, overdue: Person
) -> None:
    visitor = await signing_in(company)
    assert visitor.path == "/enrol"
    assert EMAIL in visitor.text

    assert (await visitor.send("Continue", password="not my password")).status_code == 400
    assert visitor.said == "The password is wrong. Try again."
    await visitor.send("Continue", password=PASSWORD)
    app = pyotp.parse_uri(visitor.link(APP_LINK))
    assert isinstance(app, pyotp.TOTP)
    assert (await visitor.send("Confirm", code="000000")).status_code == 401
    assert "The code is wrong" in visitor.said
    await visitor.send("Confirm", code=app.at(company.clock.now() // 1000))

    codes = visitor.codes
    assert len(codes) == 10
    await visitor.send("I have saved them")
    await visitor.send("Check", code=codes[0])
    assert visitor.path == "/security"
    assert "Two-factor authentication is on." in visitor.text


async def test_codes_by_email_are_the_other_choice(company: World, overdue: Person) -> None:
    visitor = await signing_in(company)
    await visitor.follow("Get a code by email")
    await visitor.send("Continue", password=PASSWORD)
    await visitor.send("Send another code")

    code = (await company.mailbox.message_for(EMAIL, MessageKind.TWO_FACTOR_OTP, nth=2)).code
    await visitor.send("Confirm", code=str(code))

    assert len(visitor.codes) == 10


async def test_a_passkey_is_another_choice(company: World, overdue: Person) -> None:
    visitor = await signing_in(company)
    await visitor.follow("Create a passkey")
    assert "Passkeys need JavaScript and a recent browser." in visitor.text
    assert (await visitor.send("Continue", password="not my password")).status_code == 400
    assert visitor.said == "The password is wrong. Try again."
    await visitor.send("Continue", password=PASSWORD)

    device = Authenticator()
    await create_passkey(visitor, device)

    codes = visitor.codes
    assert len(codes) == 10
    await visitor.send("I have saved them")
    await visitor.send("Check", code=codes[0])
    assert visitor.path == "/security"
    assert "1 passkey" in visitor.text
    other = await signing_in(company)
    assert other.path == "/second-step"
    answer = device.get(json.loads(other.passkey_form.options))
    await other.send_again(other.passkey_form, credential=json.dumps(answer))
    assert other.path == "/security"


async def test_a_passkey_that_is_refused_is_forgotten_and_the_enrolment_begins_again(
    company: World, overdue: Person
) -> None:
    visitor = await signing_in(company)
    await visitor.follow("Create a passkey")
    await visitor.send("Continue", password=PASSWORD)
    foreign = Authenticator(origin="https://attacker.example")

    refused = await create_passkey(visitor, foreign)

    assert refused.status_code == 400
    assert "The passkey could not be verified" in visitor.said
    assert json.loads(visitor.background["data-unknown"])["rpId"] == "localhost"
    await visitor.send("Continue", password=PASSWORD)
    await create_passkey(visitor, Authenticator())
    assert len(visitor.codes) == 10


async def test_the_same_passkey_that_is_sent_twice_shows_the_codes_twice(
    company: World, overdue: Person
) -> None:
    visitor = await signing_in(company)
    await visitor.follow("Create a passkey")
    await visitor.send("Continue", password=PASSWORD)
    form = visitor.passkey_form
    credential = json.dumps(Authenticator().create(json.loads(form.options)))
    before = httpx.Cookies(visitor.client.cookies)
    await visitor.send_again(form, credential=credential)
    codes = visitor.codes
    visitor.client.cookies = before

    await visitor.send_again(form, credential=credential)

    assert visitor.codes == codes


async def test_a_form_without_a_method_begins_again(company: World, overdue: Person) -> None:
    visitor = await signing_in(company)
    await visitor.send("Continue", password=PASSWORD)

    for method in ("", "backup-code", "no-such-method"):
        await visitor.send_again(visitor.form("Confirm"), code="000000", method=method)
        assert visitor.path == "/enrol"
        await visitor.send("Continue", password=PASSWORD)


async def test_without_the_method_passkey_there_is_no_such_choice(sqlite_url: str) -> None:
    async with world_over(
        sqlite_url, require_second_factor="all", require_grace=0, methods="totp,otp,backup-code"
    ) as world:
        await sign_up(world)

        visitor = await signing_in(world)

        assert visitor.path == "/enrol"
        assert "Create a passkey" not in visitor.text


async def test_an_account_that_was_recovered_enrols_a_passkey(sqlite_url: str) -> None:
    async with world_over(sqlite_url, recovery="on") as world:
        person = await recovering_person(world)
        await due_case(person)
        visitor = Visitor(await world.visitor())
        await visitor.open(str((await world.mailbox.message_for(EMAIL, MessageKind.RECOVERY_DUE)).url))
        await visitor.send("Remove my second factors", password=PASSWORD)
        await visitor.follow("Create a passkey")
        await visitor.send("Continue", password=PASSWORD)

        await create_passkey(visitor, Authenticator())

        assert len(visitor.codes) == 10
        assert (await person.sign_in()).json()["twoFactorMethods"][0] == "passkey"


async def test_a_sign_up_without_a_grace_period_leads_there_too(sqlite_url: str) -> None:
    async with world_over(sqlite_url, require_second_factor="all", require_grace=0) as world:
        visitor = Visitor(await world.visitor())
        await visitor.open("/sign-up")

        await visitor.send("Create the account", name="Ada", email=EMAIL, password=PASSWORD)

        assert visitor.path == "/enrol"


async def test_a_sign_in_that_has_ended_begins_again(company: World, overdue: Person) -> None:
    visitor = await signing_in(company)
    company.clock.advance(1201)

    await visitor.send("Continue", password=PASSWORD)

    assert visitor.path == "/sign-in"
    assert "has ended" in visitor.said


async def test_what_was_shown_for_one_sign_in_does_not_open_in_another(
    company: World, overdue: Person
) -> None:
    visitor, other = await signing_in(company), await signing_in(company)
    await visitor.send("Continue", password=PASSWORD)
    await other.send("Continue", password=PASSWORD)

    await other.send("Confirm", code="123456", state=visitor.form("Confirm").fields["state"])

    assert other.path == "/enrol"
    assert "started again in another tab" in other.said


async def test_without_a_sign_in_there_is_nothing_to_enrol(company: World) -> None:
    visitor = Visitor(await company.visitor())

    await visitor.open("/enrol")

    assert visitor.path == "/sign-in"


async def test_the_overview_reminds_of_the_deadline(company: World) -> None:
    await sign_up(company)

    visitor = await signing_in(company)

    assert visitor.path == "/security"
    assert "It is required from" in visitor.text


async def test_the_overview_reminds_nobody_without_the_policy(sqlite_world: World) -> None:
    await sign_up(sqlite_world)

    visitor = await signing_in(sqlite_world)

    assert "It is required from" not in visitor.text
