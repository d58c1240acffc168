"""ATHENA_REQUIRE_SECOND_FACTOR: the deadline, and the enrolment token after it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pyotp
import pytest
import pytest_asyncio

from athena_auth import RefusedError
from athena_auth.accounts.enforcement.sql import END_OVERDUE_SESSIONS
from athena_auth.delivery.model import MessageKind
from athena_auth.store.address import store_at
from athena_auth.wire.route import Access
from support.dump import execute, fetch_all
from support.passkey_user import sign_in, with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

DAY = 86_400
WITH_TOKEN = {"/change-email/verify", "/verify-email"}
OTHER_REFUSALS = {
    "/two-factor/prompt-passkey": "METHOD_NOT_AVAILABLE",
    "/two-factor/send-otp": "TWO_FACTOR_NOT_ENABLED",
    "/two-factor/verify-backup-code": "BACKUP_CODES_NOT_ENABLED",
    "/two-factor/verify-passkey": "VALIDATION_ERROR",
}
"""The calls of the second step, which belong to enrolling: there is nothing yet that they could verify."""
OWNER = "SELECT id FROM athena_account WHERE email = 'ada@example.com'"
ALLOWED = {"/two-factor/enable", "/two-factor/status", "/two-factor/verify-totp", "/two-factor/verify-otp"}
"""What an enrolment token is accepted for; `/two-factor/send-otp` sends a code again."""


@pytest_asyncio.fixture
async def company(database_url: str) -> AsyncIterator[World]:
    """Run a server that requires a second factor of every account, after fourteen days."""
    async with world_over(database_url, require_second_factor="all") as world:
        yield world


@pytest_asyncio.fixture
async def overdue(company: World) -> Person:
    """Return the owner of an account whose deadline has passed."""
    person = await sign_up(company)
    company.clock.advance(15 * DAY)
    return person


async def enrolment_token(person: Person) -> str:
    answer = (await person.sign_in()).json()
    assert answer["enrolmentRequired"] is True, answer
    token: str = answer["enrolmentToken"]
    return token


def phone_of(answer: httpx.Response) -> pyotp.TOTP:
    phone = pyotp.parse_uri(answer.json()["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    return phone


async def begin(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    answer = await client.post("/two-factor/enable", json={"password": PASSWORD, **body})
    assert answer.status_code == 200, answer.text
    return answer


async def confirm(client: httpx.AsyncClient, phone: pyotp.TOTP, world: World, **body: Any) -> httpx.Response:
    code = phone.at(world.clock.now() // 1000)
    return await client.post("/two-factor/verify-totp", json={"code": code, **body})


async def enrol(person: Person, token: str) -> httpx.Response:
    """Enrol an authenticator app with an enrolment token."""
    client = await person.world.bearer(token)
    return await confirm(client, phone_of(await begin(client)), person.world)


async def deadline(person: Person) -> object:
    rows = await fetch_all(
        person.world.database_url,
        f"SELECT second_factor_due_at FROM athena_account WHERE email = '{person.email}'",
    )
    return rows[0][0]


async def test_nothing_changes_without_the_policy(world: World, ada: Person) -> None:
    world.clock.advance(400 * DAY)

    answer = (await ada.sign_in()).json()

    assert answer["token"]
    assert not {"secondFactorDueAt", "enrolmentRequired"} & answer.keys()
    assert await deadline(ada) is None


async def test_before_the_deadline_the_sign_in_says_when_it_is(company: World) -> None:
    client = await company.client()
    body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
    signed_up = (await client.post("/sign-up/email", json=body)).json()
    person = Person(company, body["email"], client, signed_up["token"])
    company.clock.advance(13 * DAY)

    signed_in = (await person.sign_in()).json()
    status = (await (await company.bearer(signed_in["token"])).get("/two-factor/status")).json()

    assert signed_up["secondFactorDueAt"] == signed_in["secondFactorDueAt"] == status["secondFactorDueAt"]
    assert signed_in["token"]


async def test_a_factor_ends_the_requirement(company: World) -> None:
    person = await sign_up(company)
    await person.turn_on_totp()
    company.clock.advance(15 * DAY)

    answer = (await person.sign_in()).json()

    assert answer["twoFactorRedirect"] is True
    assert "secondFactorDueAt" not in (await person.client.get("/two-factor/status")).json()


async def test_after_the_deadline_a_password_yields_no_session(company: World, overdue: Person) -> None:
    answer = await overdue.sign_in()

    assert answer.status_code == 200
    assert answer.json() == {
        "enrolmentRequired": True,
        "enrolmentToken": answer.json()["enrolmentToken"],
        "methods": ["passkey", "totp", "otp"],
        "redirect": False,
        "token": None,
    }
    assert "set-auth-token" not in answer.headers
    assert "session_token=" not in answer.headers["set-cookie"]


async def test_a_new_account_must_enrol_at_once_without_a_grace_period(database_url: str) -> None:
    async with world_over(database_url, require_second_factor="all", require_grace=0) as world:
        client = await world.client()
        body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}

        answer = await client.post("/sign-up/email", json=body)

        assert answer.json()["token"] is None
        person = Person(world, body["email"], client, "")
        enrolled = await enrol(person, answer.json()["enrolmentToken"])
        assert enrolled.status_code == 200, enrolled.text


async def test_enrolling_signs_in_at_level_two(company: World, overdue: Person) -> None:
    answer = await enrol(overdue, await enrolment_token(overdue))

    assert answer.status_code == 200, answer.text
    client = await company.bearer(answer.json()["token"])
    session = (await client.get("/get-session")).json()
    assert session["session"]["level"] == 2
    assert session["session"]["amr"] == ["pwd", "otp"]
    assert session["user"]["twoFactorEnabled"] is True
    company.clock.advance(60)
    assert (await overdue.sign_in()).json()["twoFactorRedirect"] is True
    await company.mailbox.message_for(overdue.email, MessageKind.FACTOR_ADDED)


async def test_in_a_browser_the_cookie_of_the_token_becomes_that_of_the_session(
    company: World, overdue: Person
) -> None:
    browser = await company.browser()
    await overdue.sign_in(browser)
    phone = phone_of(await begin(browser))

    answer = await confirm(browser, phone, company)

    assert answer.status_code == 200, answer.text
    assert (await browser.get("/get-session")).json()["user"]["email"] == overdue.email
    assert [cookie.name for cookie in browser.cookies.jar if "enrolment" in cookie.name] == []


async def test_a_double_click_gets_the_same_session(company: World, overdue: Person) -> None:
    browser = await company.browser()
    token = (await overdue.sign_in(browser)).json()["enrolmentToken"]
    phone = phone_of(await begin(browser))
    first = await confirm(browser, phone, company)
    again = await company.client(
        origin="http://localhost:3001", cookie=f"athena-auth.enrolment={token}", **{"user-agent": "test"}
    )

    second = await confirm(again, phone, company)

    assert second.json()["token"] == first.json()["token"]


async def test_the_token_is_accepted_for_enrolling_and_nothing_else(company: World, overdue: Person) -> None:
    """Every route of the table, as a bearer and as a browser."""
    token = await enrolment_token(overdue)
    bearer = await company.bearer(token)
    browser = await company.client(origin="http://localhost:3001", cookie=f"athena-auth.enrolment={token}")
    routes = [
        route
        for route in company.athena.routes
        if route.access is not Access.PUBLIC and route.path not in {*ALLOWED, "/sign-out"}
    ]
    assert len(routes) > 15
    before = await fetch_all(company.database_url, "SELECT * FROM athena_account")

    for route in routes:
        body = None if route.method == "GET" else _any_body(route.path)
        for client in (bearer, browser):
            url = f"{route.path}?token=x" if route.path in WITH_TOKEN else route.path
            answer = await client.request(route.method, url, json=body)
            said = answer.json() or {}
            refused = answer.status_code == 401 or said.get("code") == OTHER_REFUSALS.get(route.path)
            assert refused or _says_nothing(route.path), (route.path, answer.text)

    assert await fetch_all(company.database_url, "SELECT * FROM athena_account") == before
    assert await fetch_all(company.database_url, "SELECT * FROM athena_session WHERE level > 1") == []


def _says_nothing(path: str) -> bool:
    """Tell whether a route answers an enrolment token like no token: it takes a session into account if there is one."""
    return path in {"/send-verification-email", "/get-session", *WITH_TOKEN}


def _any_body(path: str) -> dict[str, Any]:
    return {
        "password": PASSWORD,
        "currentPassword": PASSWORD,
        "newPassword": "another correct horse",
        "code": "123456" if "backup" not in path else "k7wm-3xqa-9tfe-hd2p",
        "name": "Eve",
        "token": "x",
        "id": "x",
        "email": "ada@example.com",
        "newEmail": "eve@example.com",
        "label": "Eve's phone",
        "method": None,
        "response": {"id": "x"},
    }


async def test_the_password_is_needed_again(company: World, overdue: Person) -> None:
    """A stolen token alone enrols nothing."""
    client = await company.bearer(await enrolment_token(overdue))

    answer = await client.post("/two-factor/enable", json={"password": "not the password"})

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PASSWORD")


async def test_a_token_works_once(company: World, overdue: Person) -> None:
    token = await enrolment_token(overdue)
    client = await company.bearer(token)
    phone = phone_of(await begin(client))
    await confirm(client, phone, company)
    company.clock.advance(60)

    again = await confirm(client, phone, company)
    another = await client.post("/two-factor/enable", json={"password": PASSWORD})

    assert again.json()["code"] == another.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_a_token_ends_after_twenty_minutes(company: World, overdue: Person) -> None:
    client = await company.bearer(await enrolment_token(overdue))
    company.clock.advance(1201)

    for answer in (
        await client.post("/two-factor/enable", json={"password": PASSWORD}),
        await client.get("/two-factor/status"),
        await client.post("/two-factor/send-otp", json={}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TWO_FACTOR_COOKIE")


async def test_a_change_of_the_password_ends_the_token(company: World) -> None:
    """An attacker who has signed in with a stolen password must not enrol a factor after the owner has changed it."""
    owner = await sign_up(company)
    for _ in range(5):
        company.clock.advance(3 * DAY)
        await owner.session()
    client = await company.bearer(await enrolment_token(owner))
    phone = phone_of(await begin(client))
    changed = await owner.change_password("another correct horse")
    assert changed.status_code == 200, changed.text

    answer = await confirm(client, phone, company)

    assert answer.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_signing_out_ends_the_token(company: World, overdue: Person) -> None:
    browser = await company.browser()
    token = (await overdue.sign_in(browser)).json()["enrolmentToken"]

    await browser.post("/sign-out", json={})

    assert not [cookie for cookie in browser.cookies.jar if "enrolment" in cookie.name]
    client = await company.bearer(token)
    assert (await client.get("/two-factor/status")).status_code == 401


async def test_a_factor_that_is_enrolled_elsewhere_ends_the_token(company: World, overdue: Person) -> None:
    stale = await company.bearer(await enrolment_token(overdue))
    await enrol(overdue, await enrolment_token(overdue))

    answer = await stale.post("/two-factor/enable", json={"password": PASSWORD})

    assert answer.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"


async def test_codes_by_mail_are_confirmed_even_for_a_verified_address(
    company: World, overdue: Person
) -> None:
    """Otherwise the password alone would give a session of level two."""
    await fetch_all(company.database_url, "UPDATE athena_account SET email_verified = TRUE RETURNING id")
    client = await company.bearer(await enrolment_token(overdue))

    answer = await begin(client, method="otp")

    assert answer.json()["confirmationPending"] is True
    code = (await company.mailbox.message_for(overdue.email, MessageKind.TWO_FACTOR_OTP)).code
    verified = await client.post("/two-factor/verify-otp", json={"code": code})
    assert verified.status_code == 200, verified.text


async def test_a_code_for_an_enrolment_that_was_replaced_confirms_nothing(
    company: World, overdue: Person
) -> None:
    client = await company.bearer(await enrolment_token(overdue))
    await begin(client, method="otp")
    code = (await company.mailbox.message_for(overdue.email, MessageKind.TWO_FACTOR_OTP)).code
    await begin(client)

    answer = await client.post("/two-factor/verify-otp", json={"code": code})

    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_CODE")
    assert await fetch_all(company.database_url, "SELECT 1 FROM athena_session WHERE level > 1") == []


async def test_neither_signing_in_nor_a_reset_extends_the_deadline(company: World) -> None:
    person = await sign_up(company)
    stored = await deadline(person)
    company.clock.advance(5 * DAY)

    await person.sign_in()
    await person.change_password("another correct horse")
    await person.turn_on_totp()
    await person.post("/two-factor/disable", password=person.password)
    await person.turn_on_totp()
    user = await company.athena.users.find(person.email)
    assert user is not None
    await company.athena.users.reset_second_factor(user.id)
    await person.sign_in()

    assert stored is not None
    assert await deadline(person) == stored


async def test_the_sweeper_ends_sessions_of_overdue_accounts(company: World) -> None:
    """They were created with the password alone, and would live as long as they are used."""
    overdue, prompt = await sign_up(company), await sign_up(company, "eve@example.com")
    company.clock.advance(1)
    await prompt.turn_on_totp()
    for _ in range(5):
        company.clock.advance(3 * DAY)
        assert await overdue.session() is not None
        assert await prompt.session() is not None

    await company.sweep()

    assert await overdue.session() is None
    assert await prompt.session() is not None


@pytest.mark.parametrize("mode", ["off", "per-account"])
async def test_only_the_policy_all_stores_deadlines_by_itself(database_url: str, mode: str) -> None:
    async with world_over(database_url, require_second_factor=mode) as world:
        person = await sign_up(world)

        assert "secondFactorDueAt" not in (await person.sign_in()).json()
        assert await deadline(person) is None


async def test_each_mail_goes_out_once(company: World) -> None:
    person = await sign_up(company)
    await company.mailbox.message_for(person.email, MessageKind.SECOND_FACTOR_REQUIRED)
    for _ in range(28):
        company.clock.advance(DAY / 2)
        await company.sweep()
        await company.sweep()
        await company.delivered()

    kinds = company.mailbox.kinds_for(person.email)
    assert kinds.count(MessageKind.SECOND_FACTOR_REQUIRED) == 1
    assert kinds.count(MessageKind.SECOND_FACTOR_DUE) == 2


async def test_owners_with_a_factor_get_no_reminder(company: World) -> None:
    person = await sign_up(company)
    await person.turn_on_totp()
    for _ in range(14):
        company.clock.advance(DAY)
        await company.sweep()
    await company.delivered()

    assert MessageKind.SECOND_FACTOR_DUE not in company.mailbox.kinds_for(person.email)


async def test_a_short_grace_period_begins_without_pointless_reminders(database_url: str) -> None:
    async with world_over(database_url, require_second_factor="all", require_grace=1) as world:
        person = await sign_up(world)
        await world.mailbox.message_for(person.email, MessageKind.SECOND_FACTOR_REQUIRED)
        world.clock.advance(DAY / 2)
        await world.sweep()
        await world.delivered()

        assert MessageKind.SECOND_FACTOR_DUE not in world.mailbox.kinds_for(person.email)


async def test_an_operator_begins_the_grace_period_of_all_accounts(database_url: str) -> None:
    """Otherwise accounts that never sign in would never be mailed."""
    async with world_over(database_url) as world:
        ada, eve, grace = [await sign_up(world, f"{name}@example.com") for name in ("ada", "eve", "grace")]
        await eve.turn_on_totp()
        exempt = await world.athena.users.find(grace.email)
        assert exempt is not None
        await world.athena.users.exempt_from_second_factor(exempt.id)
    async with world_over(database_url, require_second_factor="all") as world:
        assert await world.athena.users.require_second_factor_of_all() == 1
        assert await world.athena.users.require_second_factor_of_all() == 0

        await world.mailbox.message_for(ada.email, MessageKind.SECOND_FACTOR_REQUIRED)
        user = await world.athena.users.find(ada.email)
        assert user is not None
        assert user.second_factor_due_at is not None


async def test_an_operator_requires_a_factor_of_one_account_and_exempts_another(database_url: str) -> None:
    async with world_over(database_url, require_second_factor="per-account") as world:
        ada, eve = await sign_up(world), await sign_up(world, "eve@example.com")
        user = await world.athena.users.find(ada.email)
        assert user is not None

        await world.athena.users.require_second_factor(user.id, by=user.created_at, reason="runs the payroll")

        assert (await ada.sign_in()).json()["enrolmentRequired"] is True
        assert "enrolmentRequired" not in (await eve.sign_in()).json()
        notes = "SELECT note FROM athena_audit WHERE event = 'operator:factor:required'"
        assert await fetch_all(database_url, notes) == [("runs the payroll",)]
        await world.athena.users.exempt_from_second_factor(user.id)
        assert (await ada.sign_in()).json()["token"]


async def test_an_exempt_account_stays_exempt_under_the_policy_all(company: World) -> None:
    person = await sign_up(company)
    user = await company.athena.users.find(person.email)
    assert user is not None

    await company.athena.users.exempt_from_second_factor(user.id)
    company.clock.advance(15 * DAY)

    assert (await person.sign_in()).json()["token"]
    assert await deadline(person) is None


async def test_a_deadline_needs_a_policy(world: World, ada: Person) -> None:
    user = await world.athena.users.find(ada.email)
    assert user is not None

    with pytest.raises(RefusedError, match="policy is off"):
        await world.athena.users.require_second_factor(user.id)
    with pytest.raises(RefusedError, match="does not apply to all accounts"):
        await world.athena.users.require_second_factor_of_all()


async def test_an_operator_who_revokes_the_sessions_also_ends_a_begun_enrolment(
    company: World, overdue: Person
) -> None:
    """Otherwise an attacker with the password confirms it afterwards, and has a session again."""
    client = await company.bearer(await enrolment_token(overdue))
    phone = phone_of(await begin(client))
    user = await company.athena.users.find(overdue.email)
    assert user is not None

    await company.athena.users.revoke_sessions(user.id)

    assert (await confirm(client, phone, company)).status_code == 401
    assert await company.athena.users.sessions(user.id) == []


async def test_sessions_by_passkey_do_not_keep_the_sweeper_from_those_by_password(company: World) -> None:
    """They are of level two, and stay; many of them must not fill its batches."""
    owner = await sign_up(company)
    device = await with_passkey(owner)
    company.clock.advance(13 * DAY)
    await sign_up(company, "eve@example.com")
    company.clock.advance(2 * DAY)
    for _ in range(3):
        assert (await sign_in(await company.browser(), device)).status_code == 200
    await execute(company.database_url, "UPDATE athena_account SET second_factor_due_at = created_at")
    await execute(
        company.database_url, "DELETE FROM athena_session WHERE level = 1 AND user_id = (" + OWNER + ")"
    )
    store = store_at(company.database_url)
    await store.open()

    deleted = await store.execute(END_OVERDUE_SESSIONS, cutoff=company.clock.now(), most=1)

    await store.close()
    assert deleted == 1


async def test_another_way_to_sign_in_removes_the_enrolment_cookie(company: World, overdue: Person) -> None:
    """It may be another person's: their enrolment would otherwise get this one's requests."""
    eve = await sign_up(company, "eve@example.com")
    device = await with_passkey(eve)
    browser = await company.browser()
    assert (await overdue.sign_in(browser)).json()["enrolmentRequired"] is True

    signed_in = await sign_in(browser, device)

    assert signed_in.status_code == 200
    assert "athena-auth.enrolment" not in browser.cookies


async def test_a_sign_up_that_must_enrol_ends_the_challenge_of_another_account(database_url: str) -> None:
    """The code that is to confirm the enrolment would be a wrong attempt at that account."""
    async with world_over(database_url, require_second_factor="all", require_grace=0) as company:
        client = await company.client()
        await client.post(
            "/sign-up/email", json={"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        )
        owner = Person(company, "ada@example.com", client, "")
        await enrol(owner, await enrolment_token(owner))
        browser = await company.browser()
        assert (await owner.sign_in(browser)).json()["twoFactorRedirect"] is True

        body = {"name": "Eve", "email": "eve@example.com", "password": PASSWORD}
        assert (await browser.post("/sign-up/email", json=body)).json()["enrolmentRequired"] is True
        confirmed = await confirm(browser, phone_of(await begin(browser)), company)

        assert confirmed.status_code == 200, confirmed.text
        assert confirmed.json()["user"]["email"] == "eve@example.com"


async def test_a_passkey_that_the_account_has_does_not_confirm_an_enrolment(company: World) -> None:
    """It has verified nobody for this sign-in. A prompt would also replace the nonce of the enrolment."""
    owner = await sign_up(company)
    await with_passkey(owner)
    company.clock.advance(15 * DAY)
    client = await company.bearer(await enrolment_token(owner))

    prompted = await client.post("/two-factor/prompt-passkey", json={})

    assert (prompted.status_code, prompted.json()["code"]) == (400, "METHOD_NOT_AVAILABLE")
