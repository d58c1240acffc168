"""`athena.users`: operator actions from a host's code, under the same rules as everywhere."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from athena_auth import RefusedError, User
from athena_auth.delivery.model import MessageKind
from athena_auth.host.users import Users
from support.dump import execute, fetch_all
from support.hosts import drop_database, sign_in_where_trusted
from support.links import reset_token
from support.person import PASSWORD, Person, sign_up
from support.world import World

PEOPLE = 8

Act = Callable[[Users, str], Awaitable[Any]]


async def id_of(person: Person) -> str:
    found = await person.world.athena.users.find(person.email)
    assert found is not None
    return found.id


async def trail(world: World, source: str) -> list[object]:
    """Return the names of what this source has recorded, oldest first."""
    query = f"SELECT event FROM athena_audit WHERE event LIKE '{source}:%' ORDER BY id"
    return [event for (event,) in await fetch_all(world.database_url, query)]


async def code_of(refused: Awaitable[Any]) -> str:
    with pytest.raises(RefusedError) as raised:
        await refused
    return raised.value.code


async def is_signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/get-session")).json() is not None


async def test_an_account_with_a_password_signs_in(world: World) -> None:
    users = world.athena.users

    created = await users.create(
        email=" Ada@Example.com", name=" Ada ", password=PASSWORD, image="https://example.com/a.png"
    )

    assert (created.email, created.name) == ("ada@example.com", "Ada")
    assert (created.email_verified, created.two_factor_enabled) == (False, False)
    assert created.created_at.isoformat() == "2026-09-21T14:13:20+00:00"
    assert await users.get(created.id) == await users.find("ADA@example.com") == created
    assert await users.sessions(created.id) == []
    client = await world.client()
    credentials = {"email": created.email, "password": PASSWORD}
    signed_in = await client.post("/sign-in/email", json=credentials)
    assert signed_in.json()["user"]["image"] == "https://example.com/a.png"
    assert await trail(world, "operator") == ["operator:account:created"]


async def test_an_account_without_a_password_opens_by_the_mail_alone(world: World) -> None:
    created = await world.athena.users.create(email="ada@example.com", name="Ada", email_verified=True)
    client = await world.client()
    for guess in ("", "password", created.id):
        body = {"email": created.email, "password": guess}
        assert (await client.post("/sign-in/email", json=body)).json()["code"] == "INVALID_EMAIL_OR_PASSWORD"

    token = await reset_token(world, created.email)
    body = {"newPassword": PASSWORD, "token": token}
    (await client.post("/reset-password", json=body)).raise_for_status()

    body = {"email": created.email, "password": PASSWORD}
    assert (await client.post("/sign-in/email", json=body)).json()["user"]["id"] == created.id


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"email": "ada"}, "INVALID_EMAIL"),
        ({"name": "Ada\0"}, "VALIDATION_ERROR"),
        ({"name": "Ada\nBcc: all@example.com"}, "VALIDATION_ERROR"),
        ({"name": "A" * 201}, "VALIDATION_ERROR"),
        ({"image": "https://example.com/\0"}, "VALIDATION_ERROR"),
        ({"email": "ada\0@example.com"}, "INVALID_EMAIL"),
        ({"email_verified": "yes"}, "VALIDATION_ERROR"),
        ({"password": ""}, "PASSWORD_TOO_SHORT"),
        ({"password": "x" * 129}, "PASSWORD_TOO_LONG"),
        ({"password": "Password123"}, "PASSWORD_TOO_COMMON"),
        ({"password": "ada@example.com!"}, "PASSWORD_CONTAINS_EMAIL"),
        ({"email": "GRACE@example.com"}, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    ],
)
async def test_the_rules_are_everybody_s(world: World, given: dict[str, Any], code: str) -> None:
    users = world.athena.users
    await users.create(email="grace@example.com", name="Grace")

    refused = users.create(**{"email": "ada@example.com", "name": "Ada", "password": PASSWORD, **given})
    assert await code_of(refused) == code
    assert await users.find("ada@example.com") is None


async def test_sessions_say_how_they_were_opened(world: World, ada: Person) -> None:
    world.clock.advance(5)
    await ada.turn_on_totp()
    passed = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])

    newest, oldest = await world.athena.users.sessions(await id_of(ada))

    assert passed.json()["session"]["userId"] == newest.user_id
    assert (newest.level, newest.amr) == (2, ("pwd", "backup-code"))
    assert (oldest.level, oldest.amr) == (2, ("pwd", "otp"))
    assert (oldest.proven_at - oldest.created_at).total_seconds() == 5
    assert newest.address == "127.0.0.1"
    assert (newest.expires_at - newest.created_at).days == 7


async def test_a_reset_of_the_second_factor_ends_all_that_hung_on_it(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await sign_in_where_trusted(ada)
    challenge = await ada.challenge()
    await ada.answer(challenge, "send-otp")
    sent = await world.mailbox.code_for(ada.email)
    user_id = await id_of(ada)

    await world.athena.users.reset_second_factor(user_id)

    assert await world.athena.users.sessions(user_id) == []
    assert [await is_signed_in(client) for client in (ada.client, browser)] == [False, False]
    for path, code in (("verify-otp", sent), ("verify-totp", ada.code())):
        refused = await ada.answer(challenge, path, code=code)
        assert refused.json()["code"] == "INVALID_TWO_FACTOR_COOKIE"
    assert (await world.mailbox.message_for(ada.email, MessageKind.FACTORS_RESET)).code is None
    assert await trail(world, "operator") == ["operator:factors:removed"]

    again = (await ada.sign_in()).json()
    assert again["user"]["twoFactorEnabled"] is False
    anew = Person(world, ada.email, await world.bearer(again["token"]), again["token"])
    await anew.turn_on_totp()
    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True, "the device is not trusted"


async def test_an_enrolment_that_has_begun_does_not_outlive_a_reset(world: World, ada: Person) -> None:
    await ada.enable()

    await world.athena.users.reset_second_factor(await id_of(ada))

    client = await world.bearer((await ada.sign_in()).json()["token"])
    refused = await client.post("/two-factor/verify-totp", json={"code": ada.code()})
    assert refused.json()["code"] == "TOTP_NOT_ENABLED"


async def test_revoked_sessions_end_sign_ins_under_way_too(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await sign_in_where_trusted(ada)
    challenge = await ada.challenge()
    user_id = await id_of(ada)

    await world.athena.users.revoke_sessions(user_id)

    assert await world.athena.users.sessions(user_id) == []
    assert not await is_signed_in(ada.client)
    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 401
    assert "user" in (await ada.sign_in(browser)).json(), "the device is still trusted"
    assert await trail(world, "operator") == ["operator:sessions:revoked"]


async def test_one_session_is_revoked_by_its_id(world: World, ada: Person) -> None:
    world.clock.advance(1)
    other = await world.bearer((await ada.sign_in()).json()["token"])
    grace = await sign_up(world, "grace@example.com")
    users, user_id = world.athena.users, await id_of(ada)
    newest, _ = await users.sessions(user_id)
    assert await code_of(users.revoke_session(await id_of(grace), newest.id)) == "SESSION_NOT_FOUND"
    await users.revoke_session(user_id, newest.id)

    assert [await is_signed_in(client) for client in (ada.client, other)] == [True, False]
    assert await code_of(users.revoke_session(user_id, newest.id)) == "SESSION_NOT_FOUND"
    assert await trail(world, "operator") == ["operator:sessions:revoked"]


async def test_revoked_trust_asks_every_device_again(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    browser = await sign_in_where_trusted(ada)

    await world.athena.users.revoke_trusted_devices(await id_of(ada))

    assert await is_signed_in(browser)
    assert (await ada.sign_in(browser)).json()["twoFactorRedirect"] is True
    assert await trail(world, "operator") == ["operator:trust:revoked"]


async def test_an_account_that_is_locked_is_opened(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    await ada.answer(await ada.challenge(), "verify-totp", code="000000")
    await execute(world.database_url, "UPDATE athena_guess_budget SET failures = 100")
    challenge = await ada.challenge()
    refused = await ada.answer(challenge, "verify-totp", code=ada.code())
    assert refused.json()["code"] == "ACCOUNT_TEMPORARILY_LOCKED"

    await world.athena.users.unlock(await id_of(ada))

    assert (await ada.answer(challenge, "verify-totp", code=ada.code())).status_code == 200
    assert await trail(world, "operator") == ["operator:guesses:restored"]


async def test_a_deleted_account_leaves_its_trail_and_frees_its_address(world: World, ada: Person) -> None:
    await ada.turn_on_totp()
    users, user_id = world.athena.users, await id_of(ada)

    await users.delete(user_id)

    assert (await users.get(user_id), await users.sessions(user_id)) == (None, [])
    assert not await is_signed_in(ada.client)
    assert (await ada.sign_in()).json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    assert await trail(world, "operator") == ["operator:account:deleted"]
    again = await users.create(email=ada.email, name="Another Ada")
    assert again.id != user_id


UNKNOWN: list[tuple[Act, str]] = [
    (lambda users, nobody: users.reset_second_factor(nobody), "USER_NOT_FOUND"),
    (lambda users, nobody: users.revoke_sessions(nobody), "USER_NOT_FOUND"),
    (lambda users, nobody: users.revoke_session(nobody, nobody), "SESSION_NOT_FOUND"),
    (lambda users, nobody: users.revoke_trusted_devices(nobody), "USER_NOT_FOUND"),
    (lambda users, nobody: users.unlock(nobody), "USER_NOT_FOUND"),
    (lambda users, nobody: users.delete(nobody), "USER_NOT_FOUND"),
]


@pytest.mark.parametrize("nobody", ["0" * 32, "nobody", "", "nobody\0", "x" * 1_000_000])
async def test_who_is_not_there_is_said(world: World, nobody: str) -> None:
    users = world.athena.users
    for act, code in UNKNOWN:
        assert await code_of(act(users, nobody)) == code
    assert await users.get(nobody) is await users.find(nobody) is None
    assert await users.sessions(nobody) == []
    assert await trail(world, "operator") == []


async def test_a_database_out_of_reach_is_said(postgres_world: World) -> None:
    users = postgres_world.athena.users
    await drop_database(postgres_world.database_url)

    reads = [users.get("nobody"), users.find("ada@example.com"), users.sessions("nobody")]
    acts = [act(users, "nobody") for act, _ in UNKNOWN]
    for work in (users.create(email="ada@example.com", name="Ada"), *reads, *acts):
        with pytest.raises(RefusedError) as raised:
            await work
        assert raised.value.code == "SERVICE_UNAVAILABLE"
        assert (raised.value.status, raised.value.retry_after) == (503, 2)


async def test_two_that_create_one_address_make_one_account(postgres_world: World) -> None:
    users = postgres_world.athena.users

    creations = [users.create(email="ada@example.com", name="Ada") for _ in range(PEOPLE)]
    made = await asyncio.gather(*creations, return_exceptions=True)

    refused = [error.code for error in made if isinstance(error, RefusedError)]
    assert refused == ["USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"] * (PEOPLE - 1)
    assert [user for user in made if isinstance(user, User)] == [await users.find("ada@example.com")]


async def people(world: World) -> list[Person]:
    return [await sign_up(world, f"ada{number}@example.com") for number in range(PEOPLE)]


@pytest.mark.parametrize("act", [Users.reset_second_factor, Users.revoke_sessions])
async def test_no_second_step_under_way_survives(postgres_world: World, act: Act) -> None:
    """A thief with the code in hand must not win against the operator who throws him out."""
    racers = await people(postgres_world)
    for ada in racers:
        await ada.turn_on_totp()
    steps = [ada.answer(await ada.challenge(), "verify-totp", code=ada.code()) for ada in racers]
    users = postgres_world.athena.users
    acts = [act(users, await id_of(ada)) for ada in racers]

    pairs = [pair[:: 1 if n % 2 else -1] for n, pair in enumerate(zip(steps, acts, strict=True))]
    done = await asyncio.gather(*(work for pair in pairs for work in pair))

    answers = [answer for answer in done if isinstance(answer, httpx.Response)]
    assert {answer.status_code for answer in answers} <= {200, 401}
    for ada in racers:
        assert await users.sessions(await id_of(ada)) == []


async def test_no_enrolment_under_way_survives_a_reset(postgres_world: World) -> None:
    racers = await people(postgres_world)
    for ada in racers:
        await ada.enable()
    users = postgres_world.athena.users
    ids = [await id_of(ada) for ada in racers]
    confirmations = [ada.post("/two-factor/verify-totp", code=ada.code()) for ada in racers]
    resets = [users.reset_second_factor(user_id) for user_id in ids]

    await asyncio.gather(*confirmations[::2], *resets, *confirmations[1::2])

    for user_id in ids:
        found = await users.get(user_id)
        assert found is not None
        assert (found.two_factor_enabled, await users.sessions(user_id)) == (False, [])


async def test_an_account_is_created_with_the_language_of_its_mails(sqlite_world: World) -> None:
    users = sqlite_world.athena.users

    created = await users.create(email="ada@example.com", name="Ada", password=PASSWORD, language="DE")

    assert created.language == "de"
    assert (await users.get(created.id)) == created
    refused = await code_of(users.create(email="eve@example.com", name="Eve", language="tlh"))
    assert refused == "VALIDATION_ERROR"
    assert await users.find("eve@example.com") is None
