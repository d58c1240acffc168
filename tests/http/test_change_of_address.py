"""Changing the email address: who may, what ends, what it reveals, and how the old address undoes it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.email_change.sql import UNDO_LIFETIME, VERIFY_LIFETIME
from athena_auth.store.postgres import _PostgresTx
from athena_auth.store.sqlite import _SqliteTx
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Value
from support.dump import execute, fetch_all
from support.email_change import NEW, ask_for_change, change_address, mailed_token
from support.links import ask_for_reset, reset_token, verify_address
from support.passkey_user import sign_in as sign_in_with_passkey
from support.passkey_user import with_passkey
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

ADA = "ada@example.com"
BOB = "bob@example.com"
NEW_PASSWORD = "another long sentence of mine"


@pytest.fixture
async def owner(ada: Person) -> Person:
    """Return a signed-in person whose address is verified."""
    await verify_address(ada)
    return ada


async def verify(person: Person, token: str, **query: str) -> httpx.Response:
    return await person.client.get("/change-email/verify", params={"token": token, **query})


async def undo(world: World, token: str) -> httpx.Response:
    stranger = await world.client()
    return await stranger.post("/change-email/undo", json={"token": token})


async def sign_in(world: World, email: str, password: str = PASSWORD) -> httpx.Response:
    client = await world.client()
    return await client.post("/sign-in/email", json={"email": email, "password": password})


def code(answer: httpx.Response) -> Any:
    return answer.json().get("code")


async def test_the_address_changes_when_the_link_is_opened(owner: Person) -> None:
    await owner.post("/change-email", newEmail="Ada@NEW.Example.com", password=PASSWORD)
    token = await mailed_token(owner.world, NEW, MessageKind.EMAIL_CHANGE)
    assert (await owner.session())["user"]["email"] == ADA, "nothing changes before that"

    changed = await verify(owner, token)

    assert (changed.json()["status"], changed.json()["user"]["email"]) == (True, NEW)
    assert changed.json()["user"]["emailVerified"] is True
    assert (await sign_in(owner.world, NEW)).status_code == 200
    assert (await sign_in(owner.world, ADA)).status_code == 401


async def test_an_international_domain_is_stored_as_at_sign_up(owner: Person) -> None:
    asked = await owner.post("/change-email", newEmail="Ada@Bücher.example", password=PASSWORD)
    assert asked.status_code == 200
    await owner.world.mailbox.message_for("ada@xn--bcher-kva.example", MessageKind.EMAIL_CHANGE)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"newEmail": "not an address"}, "INVALID_EMAIL"),
        ({"newEmail": "ADA@example.com"}, "VALIDATION_ERROR"),
        ({"newEmail": NEW, "callbackURL": "https://evil.example"}, "INVALID_CALLBACK_URL"),
        ({"newEmail": NEW, "password": "not the password"}, "INVALID_PASSWORD"),
        ({}, "VALIDATION_ERROR"),
    ],
)
async def test_a_refused_request_sends_nothing(owner: Person, body: dict[str, str], refusal: str) -> None:
    asked = await owner.post("/change-email", **body)

    assert code(asked) == refusal
    assert await fetch_all(owner.world.database_url, "SELECT 1 FROM athena_email_change") == []
    assert "email-change-asked" not in owner.world.mailbox.kinds_for(ADA)


async def test_it_takes_a_fresh_proof(owner: Person) -> None:
    owner.world.clock.advance(601)
    assert code(await owner.post("/change-email", newEmail=NEW)) == "SESSION_EXPIRED"
    assert code(await owner.post("/change-email", newEmail=NEW, code="000000")) == "SESSION_EXPIRED"
    await owner.turn_on_totp()
    owner.world.clock.advance(601)

    assert code(await owner.post("/change-email", newEmail=NEW, password=PASSWORD)) == "STEP_UP_REQUIRED"
    assert (await owner.post("/change-email", newEmail=NEW, code=owner.code())).status_code == 200
    stranger = await owner.world.client()
    assert (await stranger.post("/change-email", json={"newEmail": NEW})).status_code == 401


async def test_a_link_works_only_in_a_session_of_its_account(owner: Person) -> None:
    token = await ask_for_change(owner)
    eve = await sign_up(owner.world, BOB)
    scanner = await owner.world.client()

    assert (await scanner.get("/change-email/verify", params={"token": token})).status_code == 401
    await scanner.head("/change-email/verify", params={"token": token})
    assert (await verify(eve, token)).status_code == 401
    assert (await owner.session())["user"]["email"] == ADA
    assert (await verify(owner, token)).status_code == 200
    again = await verify(owner, token)
    assert again.json()["user"]["email"] == NEW, "a second click is no error"


async def test_only_the_newest_link_works_and_only_for_a_day(owner: Person) -> None:
    mistyped = await ask_for_change(owner, "ada@mistyped.example")
    token = await ask_for_change(owner)
    assert code(await verify(owner, mistyped)) == "INVALID_TOKEN"

    owner.world.clock.advance(VERIFY_LIFETIME)

    assert code(await verify(owner, token)) == "INVALID_TOKEN"


async def test_a_changed_password_ends_the_link(owner: Person) -> None:
    """The old address was notified of the request, and its owner does what the mail says."""
    token = await ask_for_change(owner)
    await owner.world.mailbox.message_for(ADA, MessageKind.EMAIL_CHANGE_ASKED)

    await owner.change_password(NEW_PASSWORD)

    assert code(await verify(owner, token)) == "INVALID_TOKEN"


async def test_the_link_leads_to_the_page_asked_for(owner: Person) -> None:
    page = "http://localhost:3001/settings"
    await owner.post("/change-email", newEmail=NEW, callbackURL="/settings")
    mail = await owner.world.mailbox.message_for(NEW, MessageKind.EMAIL_CHANGE)
    assert httpx.URL(str(mail.url)).params["callbackURL"] == page
    token = await mailed_token(owner.world, NEW, MessageKind.EMAIL_CHANGE)

    changed = await verify(owner, token, callbackURL="/settings")

    assert (changed.status_code, changed.headers["location"]) == (302, page)
    ended = await verify(owner, "no-token", callbackURL="/settings")
    assert ended.headers["location"] == f"{page}?error=INVALID_TOKEN"


async def test_sessions_and_links_of_the_old_address_end(owner: Person) -> None:
    world = owner.world
    other = (await sign_in(world, ADA)).json()["token"]
    reset = await reset_token(world, ADA)

    await change_address(owner)

    assert (await (await world.bearer(other)).get("/get-session")).json() is None
    assert (await owner.session())["user"]["email"] == NEW, "the session that made the change stays"
    body = {"token": reset, "newPassword": NEW_PASSWORD}
    assert code(await (await world.client()).post("/reset-password", json=body)) == "INVALID_TOKEN"


async def test_pending_sign_ins_end_and_codes_by_mail_follow(owner: Person) -> None:
    await owner.post("/two-factor/enable", password=PASSWORD, method="otp")
    challenge = await owner.challenge()
    await owner.post("/two-factor/send-otp")
    await owner.post("/two-factor/verify-otp", code=await owner.world.mailbox.code_for(ADA))

    await change_address(owner)

    assert code(await owner.answer(challenge, "send-otp")) == "INVALID_TWO_FACTOR_COOKIE"
    await owner.answer(await owner.challenge(), "send-otp")
    await owner.world.mailbox.message_for(NEW, MessageKind.TWO_FACTOR_OTP)


async def test_codes_by_mail_stay_at_the_old_address_until_the_new_one_is_verified(owner: Person) -> None:
    await owner.post("/two-factor/enable", password=PASSWORD, method="otp")
    await owner.post("/change-email", newEmail=NEW, password=PASSWORD)

    await owner.answer(await owner.challenge(), "send-otp")

    await owner.world.mailbox.message_for(ADA, MessageKind.TWO_FACTOR_OTP)
    assert "two-factor-otp" not in owner.world.mailbox.kinds_for(NEW)


async def test_a_taken_address_is_answered_like_a_free_one(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the statements that the database runs: their number would show in the time."""
    await sign_up(owner.world, BOB)
    await owner.world.delivered()
    statements = recorded_statements(monkeypatch)

    free = await owner.post("/change-email", newEmail=NEW, password=PASSWORD)
    of_free = statements.copy()
    statements.clear()
    taken = await owner.post("/change-email", newEmail=BOB, password=PASSWORD)

    assert (free.status_code, free.json()) == (taken.status_code, taken.json()) == (200, {"status": True})
    assert of_free.count("INSERT athena_outbox") == 2
    assert "INSERT athena_email_change" in of_free
    assert statements == of_free
    claimed = await owner.world.mailbox.message_for(BOB, MessageKind.EMAIL_IN_USE)
    assert claimed.url is None
    assert "email-change" not in owner.world.mailbox.kinds_for(BOB)


def recorded_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with what transactions run or defer, apart from the delivery of mail."""
    recorded: list[str] = []

    def records(method: Callable[..., Any]) -> Callable[..., Any]:
        def recording(tx: object, statement: Statement, **values: Value) -> Any:
            if statement.module != "athena_auth.delivery.sql" or statement.verb == "INSERT":
                recorded.append(f"{statement.verb} {statement.table}")
            return method(tx, statement, **values)

        return recording

    for kind in (_SqliteTx, _PostgresTx):
        for name in ("fetch_one", "fetch_all", "execute", "defer"):
            monkeypatch.setattr(kind, name, records(getattr(kind, name)))
    return recorded


async def test_the_mails_to_the_owner_of_a_taken_address_are_limited(owner: Person) -> None:
    await sign_up(owner.world, BOB)
    eves = [await sign_up(owner.world, f"eve{number}@example.com") for number in range(3)]
    for eve in eves:
        for _ in range(3):
            assert (await eve.post("/change-email", newEmail=BOB, password=PASSWORD)).status_code == 200

    assert code(await eves[0].post("/change-email", newEmail=BOB)) == "TOO_MANY_REQUESTS"
    await owner.world.delivered()
    assert owner.world.mailbox.kinds_for(BOB).count("email-in-use") == 3


async def test_an_address_that_was_taken_meanwhile_is_refused_when_the_link_is_opened(owner: Person) -> None:
    token = await ask_for_change(owner)
    await sign_up(owner.world, NEW)

    assert code(await verify(owner, token)) == "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
    assert (await owner.session())["user"]["email"] == ADA
    redirected = await verify(owner, token, callbackURL="/settings")
    assert redirected.headers["location"].endswith("?error=USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")


async def test_the_old_address_undoes_the_change_whatever_an_attacker_did_since(owner: Person) -> None:
    world = owner.world
    phone_session = (await sign_in(world, ADA)).json()["token"]
    token = await change_address(owner)  # by an attacker, in the owner's session
    await owner.change_password("the password of an attacker")
    await owner.turn_on_totp()
    second = await ask_for_change(owner, "eve@third.example.com")
    await verify(owner, second)
    second_undo = await mailed_token(world, NEW, MessageKind.EMAIL_CHANGED)

    undone = await undo(world, token)

    assert undone.json() == {"status": True}
    for session in (owner.token, phone_session):
        assert (await (await world.bearer(session)).get("/get-session")).json() is None
    for password in (PASSWORD, owner.password):
        assert code(await sign_in(world, ADA, password)) == "INVALID_EMAIL_OR_PASSWORD"
    assert code(await undo(world, token)) == "INVALID_TOKEN", "it works once"
    assert code(await undo(world, second_undo)) == "INVALID_TOKEN", "the attacker's own link ended"
    await world.mailbox.message_for(NEW, MessageKind.EMAIL_RESTORED)
    await world.mailbox.message_for(ADA, MessageKind.EMAIL_RESTORED)
    reset = await mailed_token(world, ADA, MessageKind.PASSWORD_RESET)
    answer = await (await world.client()).post(
        "/reset-password", json={"token": reset, "newPassword": NEW_PASSWORD}
    )
    # The mailbox alone never removes a second factor, not even an attacker's: that takes an operator.
    assert answer.json()["twoFactorRedirect"] is True
    user = await world.athena.users.find(ADA)
    assert user is not None
    await world.athena.users.reset_second_factor(user.id)
    assert (await sign_in(world, ADA, NEW_PASSWORD)).json()["user"]["email"] == ADA


async def test_operators_can_relax_the_second_factor_but_not_the_sign_in(database_url: str) -> None:
    async with world_over(database_url, step_up="password") as world:
        owner = await sign_up(world)
        await owner.turn_on_totp()
        world.clock.advance(601)
        for body in ({}, {"code": "000000"}):
            assert code(await owner.post("/change-email", newEmail=NEW, **body)) == "STEP_UP_REQUIRED"

        assert (await owner.post("/change-email", newEmail=NEW, password=PASSWORD)).status_code == 200


async def test_an_undo_removes_every_passkey_for_each_signs_in_by_itself(owner: Person) -> None:
    """An attacker adds one before they ask for the change, and would return with it."""
    device = await with_passkey(owner)
    token = await change_address(owner)
    assert (await sign_in_with_passkey(await owner.world.browser(), device)).status_code == 200

    await undo(owner.world, token)

    refused = await sign_in_with_passkey(await owner.world.browser(), device)
    assert code(refused) == "PASSKEY_NOT_FOUND"


async def test_an_undo_ends_trusted_devices_and_recognized_browsers(owner: Person) -> None:
    await owner.turn_on_totp()
    browser = await owner.world.browser()
    await owner.sign_in(browser)
    await browser.post("/two-factor/verify-totp", json={"code": owner.code(), "trustDevice": True})
    owner.world.clock.advance(60)
    await owner.step_up()
    token = await change_address(owner)

    await undo(owner.world, token)

    assert await fetch_all(owner.world.database_url, "SELECT 1 FROM athena_trusted_device") == []
    [(before, after)] = await fetch_all(
        owner.world.database_url, "SELECT created_at, password_changed_at FROM athena_account"
    )
    assert before != after, "recognized browsers are bound to the time at which the password was set"


async def test_a_change_can_be_undone_for_seven_days(owner: Person) -> None:
    token = await change_address(owner)
    owner.world.clock.advance(UNDO_LIFETIME)

    assert code(await undo(owner.world, token)) == "INVALID_TOKEN"
    assert (await sign_in(owner.world, NEW)).status_code == 200


async def test_the_old_address_is_reserved_while_the_change_can_be_undone(owner: Person) -> None:
    world, token = owner.world, await change_address(owner)
    client = await world.client()
    body = {"email": ADA, "name": "Eve", "password": PASSWORD}

    assert code(await client.post("/sign-up/email", json=body)) == "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
    eve = await sign_up(world, BOB)
    asked = await eve.post("/change-email", newEmail=ADA, password=PASSWORD)
    assert asked.status_code == 200
    await world.mailbox.message_for(ADA, MessageKind.EMAIL_IN_USE)
    assert (await undo(world, token)).status_code == 200

    world.clock.advance(UNDO_LIFETIME)
    assert code(await client.post("/sign-up/email", json={**body, "email": NEW})) is None


async def test_it_is_free_afterwards(owner: Person) -> None:
    await change_address(owner)
    owner.world.clock.advance(UNDO_LIFETIME)
    await owner.world.sweep()

    assert await fetch_all(owner.world.database_url, "SELECT 1 FROM athena_email_change") == []
    await sign_up(owner.world, ADA)


async def test_its_owner_may_return_to_it(owner: Person) -> None:
    await change_address(owner)

    await change_address(owner, ADA)

    assert (await sign_in(owner.world, ADA)).status_code == 200


async def test_an_old_address_that_another_account_has_all_the_same_is_not_restored(owner: Person) -> None:
    """A server of the version before knows no reservations."""
    token = await change_address(owner)
    await sign_up(owner.world, BOB)
    await execute(owner.world.database_url, f"UPDATE athena_email_change SET old_email = '{BOB}'")

    assert code(await undo(owner.world, token)) == "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
    assert (await owner.session())["user"]["email"] == NEW
    assert (await sign_in(owner.world, NEW)).status_code == 200, "the refusal changed nothing"


async def test_an_unverified_address_is_not_told_and_cannot_undo(ada: Person) -> None:
    """It may belong to a stranger, who must not receive the account of someone who mistyped their address."""
    world, token = ada.world, await ask_for_change(ada)
    assert (await verify(ada, token)).status_code == 200
    await world.delivered()

    assert "email-changed" not in world.mailbox.kinds_for(ADA)
    await sign_up(world, ADA)


async def test_a_sign_up_with_a_reserved_address_is_answered_like_any_other(database_url: str) -> None:
    async with world_over(database_url, require_verified_email="on") as world:
        client = await world.client()
        body = {"email": ADA, "name": "Ada", "password": PASSWORD}
        await client.post("/sign-up/email", json=body)
        confirmation = await mailed_token(world, ADA, MessageKind.EMAIL_VERIFICATION)
        await client.post("/confirm-email", json={"token": confirmation, "password": PASSWORD})
        token = (await sign_in(world, ADA)).json()["token"]
        owner = Person(world, ADA, await world.bearer(token), token)
        await change_address(owner)

        reserved = await client.post("/sign-up/email", json=body)
        free = await client.post("/sign-up/email", json={**body, "email": BOB})

        assert reserved.status_code == free.status_code == 200
        assert reserved.json().keys() == free.json().keys()
        assert reserved.json()["user"]["email"] == ADA
        accounts = await fetch_all(world.database_url, "SELECT email FROM athena_account ORDER BY email")
        assert accounts == [(NEW,), (BOB,)]
        await world.mailbox.message_for(ADA, MessageKind.SIGN_UP_REPEATED)
        assert MessageKind.SIGN_UP_REPEATED not in world.mailbox.kinds_for(NEW)


async def test_nothing_is_sent_to_the_old_address_on_request_any_more(owner: Person) -> None:
    await change_address(owner)

    await ask_for_reset(owner.world, ADA)

    await owner.world.delivered()
    assert "password-reset" not in owner.world.mailbox.kinds_for(ADA)


async def test_an_address_that_is_verified_after_the_request_is_not_left_without_undo(ada: Person) -> None:
    """An attacker in a session had asked for the change before the owner opened the first mail."""
    token = await ask_for_change(ada)
    await verify_address(ada)

    refused = await verify(ada, token)

    assert code(refused) == "INVALID_TOKEN"
    assert (await ada.session())["user"]["email"] == ADA
