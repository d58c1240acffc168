"""ATHENA_REQUIRE_VERIFIED_EMAIL: no session before the address is verified, and a sign-up that reveals no account."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from athena_auth.audit.model import EventName
from athena_auth.delivery.model import MessageKind
from athena_auth.testing.server import CheapHasher
from support.dump import execute, fetch_all
from support.links import reset_token, token_in
from support.person import PASSWORD, Person, sign_up
from support.world import World, world_over

ADA = "ada@example.com"
ATTACKERS = "a password of an attacker"


@pytest_asyncio.fixture
async def strict(database_url: str) -> AsyncIterator[World]:
    async with world_over(database_url, require_verified_email="on") as world:
        yield world


async def register(world: World, email: str = ADA, **body: Any) -> httpx.Response:
    client = await world.client()
    return await client.post(
        "/sign-up/email", json={"name": "Ada", "email": email, "password": PASSWORD, **body}
    )


async def sign_in(world: World, password: str = PASSWORD, **body: Any) -> httpx.Response:
    client = await world.client()
    return await client.post("/sign-in/email", json={"email": ADA, "password": password, **body})


async def mailed_token(world: World, *, nth: int = 1) -> str:
    mail = await world.mailbox.message_for(ADA, MessageKind.EMAIL_VERIFICATION, nth=nth)
    return token_in(str(mail.url))


async def confirm(world: World, token: str) -> httpx.Response:
    client = await world.client()
    return await client.post("/confirm-email", json={"token": token, "password": PASSWORD})


async def sessions_in(world: World) -> object:
    [(count,)] = await fetch_all(world.database_url, "SELECT count(*) FROM athena_session")
    return count


async def test_new_and_known_addresses_are_answered_alike(strict: World) -> None:
    new = await register(strict)
    known = await register(strict)

    assert new.status_code == known.status_code == 200
    assert without_varying(new) == without_varying(known)
    assert new.json()["token"] is known.json()["token"] is None
    assert new.json()["user"]["id"] != known.json()["user"]["id"]
    assert {"set-cookie", "set-auth-token"}.isdisjoint({*new.headers, *known.headers})


def without_varying(answer: httpx.Response) -> tuple[dict[str, str], dict[str, Any]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = answer.json()
    del body["user"]["id"]
    return headers, body


async def test_a_sign_up_for_a_known_address_changes_nothing_and_is_told_to_its_owner(strict: World) -> None:
    await register(strict, "Ada@Example.com")
    await confirm(strict, await mailed_token(strict))

    await register(strict, name="Eve", password=ATTACKERS)

    await strict.mailbox.message_for(ADA, MessageKind.SIGN_UP_REPEATED)
    assert (await sign_in(strict)).json()["user"]["name"] == "Ada"
    assert (await sign_in(strict, ATTACKERS)).json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    assert await fetch_all(strict.database_url, "SELECT count(*) FROM athena_account") == [(1,)]
    await strict.delivered()
    assert strict.mailbox.kinds_for(ADA) == ["email-verification", "sign-up-repeated", "new-browser"]


class CountingHasher(CheapHasher):
    def __init__(self) -> None:
        super().__init__()
        self.hashed = self.verified = 0

    def hash(self, password: str) -> str:
        self.hashed += 1
        return super().hash(password)

    def verify(self, encoded: str | None, password: str) -> bool:
        self.verified += 1
        return super().verify(encoded, password)


async def test_both_cost_one_hash(database_url: str) -> None:
    hasher = CountingHasher()
    async with world_over(database_url, hasher=hasher, require_verified_email="on") as world:
        await register(world)
        of_new = (hasher.hashed, hasher.verified)
        await register(world)

    assert of_new == (1, 0)
    assert (hasher.hashed, hasher.verified) == (2, 0)


async def test_the_mails_to_a_known_address_are_limited(strict: World) -> None:
    await register(strict)
    for _ in range(5):
        assert (await register(strict)).status_code == 200
    strict.clock.advance(30)
    await register(strict)

    await strict.delivered()
    # The first mail was the verification link of the new account.
    assert strict.mailbox.kinds_for(ADA).count("sign-up-repeated") == 3
    assert strict.mailbox.kinds_for(ADA).count("email-verification") == 1


async def test_a_sign_up_gives_no_new_attempts_at_a_known_password(strict: World) -> None:
    await register(strict)
    for _ in range(5):
        await sign_in(strict, "a wrong password")

    await register(strict)

    assert (await sign_in(strict)).json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"


async def test_nobody_signs_in_before_the_address_is_verified(strict: World) -> None:
    await register(strict)

    refused = await sign_in(strict)

    assert (refused.status_code, refused.json()["code"]) == (403, "EMAIL_NOT_VERIFIED")
    assert "set-cookie" not in refused.headers
    assert await sessions_in(strict) == 0
    assert (await sign_in(strict, "a wrong password")).json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    events = f"SELECT count(*) FROM athena_audit WHERE event = '{EventName.UNVERIFIED_REFUSED}'"
    assert await fetch_all(strict.database_url, events) == [(1,)]

    # The refusal sends another link.
    assert (await confirm(strict, await mailed_token(strict, nth=2))).status_code == 200
    assert (await sign_in(strict)).json()["user"]["emailVerified"] is True


async def test_the_links_that_refusals_send_are_limited_and_lead_to_the_page_of_the_sign_in(
    database_url: str,
) -> None:
    page = "https://app.example.com/welcome"
    async with world_over(
        database_url, require_verified_email="on", trusted_origins="https://app.example.com"
    ) as world:
        await register(world, callbackURL=page)
        for _ in range(5):
            assert (await sign_in(world, callbackURL=page)).status_code == 403
        mail = await world.mailbox.message_for(ADA, MessageKind.EMAIL_VERIFICATION, nth=4)

        await world.delivered()
        assert world.mailbox.kinds_for(ADA) == ["email-verification"] * 4
        assert httpx.URL(str(mail.url)).params["callbackURL"] == page


async def test_a_password_reset_verifies_the_address(strict: World) -> None:
    await register(strict)
    client = await strict.client()
    body = {"token": await reset_token(strict, ADA), "newPassword": ATTACKERS}

    assert (await client.post("/reset-password", json=body)).status_code == 200

    assert (await sign_in(strict, ATTACKERS)).status_code == 200


async def test_an_account_of_an_operator_needs_a_verified_address_too(strict: World) -> None:
    await strict.athena.users.create(email=ADA, name="Ada", password=PASSWORD)
    assert (await sign_in(strict)).json()["code"] == "EMAIL_NOT_VERIFIED"

    await strict.athena.users.create(
        email="eve@example.com", name="Eve", password=PASSWORD, email_verified=True
    )
    eve = {"email": "eve@example.com", "password": PASSWORD}
    assert (await (await strict.client()).post("/sign-in/email", json=eve)).status_code == 200


async def before_it_was_on(database_url: str, *, with_factor: bool) -> tuple[Person, str]:
    """Return somebody with an unverified address, and the token of a sign-in that awaits its second factor."""
    async with world_over(database_url) as world:
        ada = await sign_up(world)
        if not with_factor:
            return ada, ""
        await ada.turn_on_totp()
        return ada, await ada.challenge()


async def test_sessions_from_before_are_refused_until_the_address_is_verified(database_url: str) -> None:
    ada, _ = await before_it_was_on(database_url, with_factor=False)

    async with world_over(database_url, require_verified_email="on") as world:
        client = await world.bearer(ada.token)
        assert (await client.get("/get-session")).json() is None
        assert (await client.post("/update-user", json={"name": "Eve"})).json()["code"] == "UNAUTHORIZED"
        refused = await sign_in(world)
        assert refused.json()["code"] == "EMAIL_NOT_VERIFIED"

        assert (await confirm(world, await mailed_token(world))).status_code == 200

        assert (await client.get("/get-session")).json()["user"]["email"] == ADA


async def test_a_challenge_from_before_becomes_no_session(database_url: str) -> None:
    ada, challenge = await before_it_was_on(database_url, with_factor=True)

    async with world_over(database_url, require_verified_email="on") as world:
        ada.world = world
        world.clock.advance(60)
        before = await sessions_in(world)
        answer = await ada.answer(challenge, "verify-totp", code=ada.code())

        assert (answer.status_code, answer.json()["code"]) == (403, "EMAIL_NOT_VERIFIED")
        assert "set-cookie" not in answer.headers
        assert await sessions_in(world) == before
        refused = "SELECT reason FROM athena_audit WHERE event = 'sign-in:email:refused'"
        assert await fetch_all(database_url, refused) == [("EMAIL_NOT_VERIFIED",)]


async def test_an_unverified_address_with_a_second_factor_gets_no_challenge(database_url: str) -> None:
    await before_it_was_on(database_url, with_factor=True)

    async with world_over(database_url, require_verified_email="on") as world:
        await execute(database_url, "DELETE FROM athena_challenge")
        refused = await sign_in(world)

    assert refused.json()["code"] == "EMAIL_NOT_VERIFIED"
    assert await fetch_all(database_url, "SELECT count(*) FROM athena_challenge") == [(0,)]


@pytest.mark.parametrize("setting", ["off", "on"])
async def test_a_sign_up_sends_the_verification_link(database_url: str, setting: str) -> None:
    async with world_over(database_url, require_verified_email=setting) as world:
        answer = await register(world)

        assert answer.json()["user"]["emailVerified"] is False
        assert (await confirm(world, await mailed_token(world))).status_code == 200
        assert (await sign_in(world)).json()["user"]["emailVerified"] is True
