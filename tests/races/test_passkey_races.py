"""Everything about passkeys that may happen only once, on PostgreSQL."""

import asyncio
from typing import Any

import httpx

from support.dump import fetch_all
from support.passkey import Authenticator
from support.passkey_user import (
    challenged,
    code_of,
    prompt,
    register_options,
    sign_in_options,
    turn_on,
    with_passkey,
)
from support.person import sign_up
from support.world import ORIGIN, World

_AT_ONCE = 6


async def codes_of(*requests: Any) -> list[str]:
    """Send all at once; return the code of each refusal, and "ok" for what was accepted, in order of the alphabet."""
    answers: list[httpx.Response] = await asyncio.gather(*requests)
    return sorted("ok" if answer.is_success else code_of(answer) for answer in answers)


async def test_a_response_submitted_many_times_at_once_signs_in_once(postgres_world: World) -> None:
    ada = await sign_up(postgres_world)
    device = await with_passkey(ada)
    browser = await postgres_world.browser()
    response = device.get(await sign_in_options(browser))
    cookie = f"athena-auth.passkey={browser.cookies['athena-auth.passkey']}"
    clients = [await postgres_world.client(cookie=cookie, origin=ORIGIN) for _ in range(_AT_ONCE)]

    codes = await codes_of(
        *(each.post("/passkey/verify-authentication", json={"response": response}) for each in clients)
    )

    assert codes == ["CHALLENGE_NOT_FOUND"] * (_AT_ONCE - 1) + ["ok"]
    sessions = await fetch_all(postgres_world.database_url, "SELECT count(*) FROM athena_session")
    assert sessions == [(2,)]


async def test_a_second_step_submitted_many_times_at_once_signs_in_once(postgres_world: World) -> None:
    ada = await sign_up(postgres_world)
    device = await turn_on(ada)
    token = await ada.challenge()
    clients = [await postgres_world.bearer(token) for _ in range(_AT_ONCE)]
    response = device.get(await prompt(clients[0]))

    codes = await codes_of(
        *(each.post("/two-factor/verify-passkey", json={"response": response}) for each in clients)
    )

    assert codes.count("ok") == 1
    sessions = await fetch_all(postgres_world.database_url, "SELECT count(*) FROM athena_session")
    assert sessions == [(2,)]


async def test_a_passkey_that_two_accounts_register_at_once_belongs_to_one(postgres_world: World) -> None:
    ada, eve = await sign_up(postgres_world), await sign_up(postgres_world, "eve@example.com", "Eve")
    device = Authenticator()
    responses = [(each, device.create(await register_options(each))) for each in (ada, eve)]

    codes = await codes_of(
        *(each.post("/passkey/verify-registration", response=response) for each, response in responses)
    )

    assert codes == ["PREVIOUSLY_REGISTERED", "ok"]


async def test_of_two_registrations_at_once_only_one_is_the_tenth(postgres_world: World) -> None:
    ada = await sign_up(postgres_world)
    for _ in range(9):
        await with_passkey(ada)
    clients = [ada.client]
    clients += [await postgres_world.bearer((await ada.sign_in()).json()["token"]) for _ in range(3)]
    options = [(await each.get("/passkey/generate-register-options")).json() for each in clients]

    codes = await codes_of(
        *(
            each.post("/passkey/verify-registration", json={"response": Authenticator().create(shown)})
            for each, shown in zip(clients, options, strict=True)
        )
    )

    assert codes.count("ok") == 1
    assert set(codes) <= {"ok", "TOO_MANY_PASSKEYS", "CHALLENGE_NOT_FOUND"}
    count = "SELECT count(*) FROM athena_authenticator WHERE factor = 'passkey'"
    assert await fetch_all(postgres_world.database_url, count) == [(10,)]


async def test_of_the_last_two_second_factors_one_stays(postgres_world: World) -> None:
    ada = await sign_up(postgres_world)
    await turn_on(ada)
    await with_passkey(ada)
    ids = [each["id"] for each in (await ada.client.get("/passkey/list-user-passkeys")).json()]
    other = await challenged(postgres_world, ada)
    answered = await other.post("/two-factor/verify-backup-code", json={"code": ada.backup_codes[0]})
    second = await postgres_world.bearer(answered.json()["token"])

    await codes_of(
        ada.post("/passkey/delete-passkey", id=ids[0]),
        second.post("/passkey/delete-passkey", json={"id": ids[1]}),
    )

    count = "SELECT count(*) FROM athena_authenticator WHERE factor = 'passkey'"
    assert await fetch_all(postgres_world.database_url, count) == [(1,)]


async def test_a_sign_in_and_the_removal_of_its_passkey_leave_no_session_of_it(postgres_world: World) -> None:
    ada = await sign_up(postgres_world)
    for _ in range(4):
        device = await with_passkey(ada)
        (passkey,) = (await ada.client.get("/passkey/list-user-passkeys")).json()
        browser = await postgres_world.browser()
        response = device.get(await sign_in_options(browser))

        await codes_of(
            browser.post("/passkey/verify-authentication", json={"response": response}),
            ada.post("/passkey/delete-passkey", id=passkey["id"]),
        )

        assert (await browser.get("/get-session")).json() is None
