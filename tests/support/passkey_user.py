"""What users do with passkeys over HTTP."""

from typing import Any

import httpx

from support.links import verify_address
from support.passkey import Authenticator
from support.person import PASSWORD, Person
from support.world import World


async def register_options(person: Person) -> dict[str, Any]:
    """Return the options for making a passkey."""
    answer = await person.client.get("/passkey/generate-register-options")
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


async def add_passkey(person: Person, device: Authenticator, **body: Any) -> httpx.Response:
    """Make a passkey and add it to the account."""
    response = device.create(await register_options(person))
    return await person.post("/passkey/verify-registration", response=response, **body)


async def with_passkey(person: Person, device: Authenticator | None = None, **body: Any) -> Authenticator:
    """Return a device whose passkey the account has."""
    device = device or Authenticator()
    added = await add_passkey(person, device, **body)
    assert added.status_code == 200, added.text
    return device


async def turn_on(person: Person, device: Authenticator | None = None, **body: Any) -> Authenticator:
    """Turn two-factor authentication on with a passkey."""
    device = device or Authenticator()
    begun = await person.post("/two-factor/enable", password=PASSWORD, method="passkey", **body)
    assert begun.status_code == 200, begun.text
    assert begun.json()["confirmationPending"] is True
    person.backup_codes = begun.json()["backupCodes"]
    response = device.create(begun.json()["options"])
    confirmed = await person.post("/two-factor/verify-passkey", response=response)
    assert confirmed.status_code == 200, confirmed.text
    return device


async def prompt(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the options for using a passkey in a challenge or a session."""
    answer = await client.post("/two-factor/prompt-passkey", json={})
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()["options"]
    return options


async def second_step(client: httpx.AsyncClient, device: Authenticator, **body: Any) -> httpx.Response:
    """Use a passkey in a challenge or a session."""
    response = device.get(await prompt(client))
    return await client.post("/two-factor/verify-passkey", json={"response": response, **body})


async def challenged(world: World, person: Person) -> httpx.AsyncClient:
    """Return a browser that has entered the password."""
    browser = await world.browser()
    due = await person.sign_in(browser)
    assert due.json()["twoFactorRedirect"] is True, due.text
    return browser


async def sign_in_options(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the options for signing in with any passkey."""
    answer = await client.get("/passkey/generate-authenticate-options")
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.json()
    return options


async def sign_in(client: httpx.AsyncClient, device: Authenticator) -> httpx.Response:
    """Sign in with a passkey alone."""
    response = device.get(await sign_in_options(client))
    return await client.post("/passkey/verify-authentication", json={"response": response})


def code_of(answer: httpx.Response) -> str:
    """Return the code of a refusal."""
    code: str = answer.json()["code"]
    return code


async def verify_in_session(person: Person, device: Authenticator) -> None:
    """Use a passkey in the person's session, so that its proof is recent."""
    verified = await second_step(person.client, device)
    assert verified.status_code == 200, verified.text


async def continue_with(person: Person, answer: httpx.Response) -> None:
    """Use the new token of an answer from here on."""
    assert answer.status_code == 200, answer.text
    person.token = answer.json()["token"]
    person.client = await person.world.bearer(person.token)


async def ready_to_remove(person: Person) -> None:
    """Meet what removing the password needs, apart from a passkey."""
    await verify_address(person)
    await person.turn_on_totp()


async def without_password(person: Person, device: Authenticator | None = None) -> Authenticator:
    """Return a device whose passkey the account has, along with an app, in place of a password."""
    await ready_to_remove(person)
    device = await with_passkey(person, device)
    await verify_in_session(person, device)
    await continue_with(person, await person.post("/remove-password"))
    return device


async def passkey_ids(person: Person) -> list[str]:
    """Return the ids of the account's passkeys, the oldest first."""
    return [each["id"] for each in (await person.client.get("/passkey/list-user-passkeys")).json()]


async def has_password(person: Person) -> bool:
    """Return what the account's owner is told of it."""
    status = (await person.client.get("/two-factor/status")).json()
    methods = (await person.client.get("/list-accounts")).json()
    assert status["hasPassword"] is (methods != [])
    return bool(status["hasPassword"])
