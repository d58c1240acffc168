"""Races of changes of address over two servers and one PostgreSQL."""

import asyncio
from collections import Counter

import httpx

from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.email_change import NEW, ask_for_change, change_address, mailed_token
from support.links import verify_address
from support.person import PASSWORD, Person, sign_up
from support.world import World

ADA = "ada@example.com"
RACERS = 12


def codes(answers: list[httpx.Response]) -> Counter[str | None]:
    return Counter(answer.json().get("code") for answer in answers)


async def owner_of(world: World, email: str = ADA) -> Person:
    person = await sign_up(world, email)
    await verify_address(person)
    return person


async def test_of_two_accounts_that_change_to_one_address_one_wins(worlds: tuple[World, World]) -> None:
    people = [await owner_of(world, f"racer{n}@example.com") for n, world in enumerate(worlds)]
    tokens = [await ask_for_change(person) for person in people]

    answers = await asyncio.gather(
        *(
            person.client.get("/change-email/verify", params={"token": token})
            for person, token in zip(people, tokens, strict=True)
        )
    )

    assert codes(list(answers)) == {None: 1, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL": 1}
    holders = f"SELECT count(*) FROM athena_account WHERE email = '{NEW}'"
    assert await fetch_all(worlds[0].database_url, holders) == [(1,)]


async def test_a_link_completes_one_change(worlds: tuple[World, World]) -> None:
    """A second undo link would be a second way back in."""
    person = await owner_of(worlds[0])
    token = await ask_for_change(person)
    clients = [await worlds[n % 2].bearer(person.token) for n in range(RACERS)]

    await asyncio.gather(*(client.get("/change-email/verify", params={"token": token}) for client in clients))

    await worlds[0].delivered()
    sent = [kind for world in worlds for kind in world.mailbox.kinds_for(ADA)]
    assert sent.count("email-changed") == 1
    changed = "SELECT count(*) FROM athena_audit WHERE event = 'account:email:changed'"
    assert await fetch_all(worlds[0].database_url, changed) == [(1,)]


async def test_a_change_is_undone_once(worlds: tuple[World, World]) -> None:
    token = await change_address(await owner_of(worlds[0]))
    clients = [await worlds[n % 2].client() for n in range(RACERS)]

    answers = await asyncio.gather(
        *(client.post("/change-email/undo", json={"token": token}) for client in clients)
    )

    assert codes(list(answers)) == {None: 1, "INVALID_TOKEN": RACERS - 1}


async def test_a_sign_up_beside_the_change_never_takes_the_old_address(worlds: tuple[World, World]) -> None:
    """An attacker who changes the address would otherwise keep its owner from undoing that."""
    person = await owner_of(worlds[0])
    token = await ask_for_change(person)
    clients = [await worlds[n % 2].client() for n in range(RACERS)]
    body = {"email": ADA, "name": "Eve", "password": PASSWORD}

    changed, *sign_ups = await asyncio.gather(
        person.client.get("/change-email/verify", params={"token": token}),
        *(client.post("/sign-up/email", json=body) for client in clients),
    )

    assert changed.status_code == 200
    assert codes(sign_ups) == {"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL": RACERS}
    undo = await mailed_token(worlds[0], ADA, MessageKind.EMAIL_CHANGED)
    restored = await clients[0].post("/change-email/undo", json={"token": undo})
    assert restored.status_code == 200


async def test_the_undo_of_a_change_and_a_later_change_never_leave_a_session(
    worlds: tuple[World, World],
) -> None:
    person = await owner_of(worlds[0])
    undo = await change_address(person)
    later = await ask_for_change(person, "eve@third.example.com")
    client = await worlds[1].client()

    undone, _ = await asyncio.gather(
        client.post("/change-email/undo", json={"token": undo}),
        person.client.get("/change-email/verify", params={"token": later}),
    )

    assert undone.status_code == 200
    assert await fetch_all(worlds[0].database_url, "SELECT email FROM athena_account") == [(ADA,)]
    for table in ("athena_session", "athena_email_change"):
        assert await fetch_all(worlds[0].database_url, f"SELECT 1 FROM {table}") == []
