"""Recovery cases, as their owners see them: by mail."""

from typing import Any

import httpx

from athena_auth.delivery.model import MessageKind
from support.links import token_in, verify_address
from support.person import Person, sign_up
from support.world import World

DAY = 86_400
"""Seconds."""


async def recovering_person(world: World, email: str = "ada@example.com") -> Person:
    """Return a person with a verified address and an authenticator app."""
    person = await sign_up(world, email)
    await verify_address(person)
    await person.turn_on_totp()
    return person


async def post(world: World, path: str, **body: Any) -> httpx.Response:
    """Call an endpoint of recovery in any browser, without a session."""
    client = await world.client()
    return await client.post(f"/two-factor/recovery/{path}", json=body)


async def token_of(person: Person, kind: MessageKind, *, nth: int = 1) -> str:
    """Return the token of the link in the n-th mail of this kind."""
    mail = await person.world.mailbox.message_for(person.email, kind, nth=nth)
    assert mail.url is not None
    return token_in(mail.url)


async def request_case(person: Person, *, nth: int = 1) -> str:
    """Sign in with the password, and return the token of the n-th link that opens a case."""
    asked = await person.answer(await person.challenge(), "recovery/begin")
    assert asked.status_code == 200, asked.text
    return await token_of(person, MessageKind.RECOVERY_REQUESTED, nth=nth)


async def open_case(person: Person) -> None:
    """Open a case with the password and the mailbox."""
    opened = await post(person.world, "open", token=await request_case(person))
    assert opened.status_code == 200, opened.text


async def wait(world: World, days: int) -> None:
    """Let days pass, on each of which the server sends what is due, until all of that has arrived."""
    for _ in range(days):
        world.clock.advance(DAY)
        await world.sweep()
    await world.delivered()


async def due_case(person: Person, days: int = 3) -> str:
    """Open a case and wait until it is due; return the token of the link that completes it."""
    await open_case(person)
    await wait(person.world, days)
    return await token_of(person, MessageKind.RECOVERY_DUE)


async def complete(person: Person, token: str) -> httpx.Response:
    """Complete a case with this link and the password."""
    return await post(person.world, "complete", token=token, password=person.password)


async def factors_are_on(person: Person) -> bool:
    """Tell whether a sign-in with the password still requires a second factor."""
    return (await person.sign_in()).json().get("twoFactorRedirect") is True
