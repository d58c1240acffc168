"""Races of the enforcement policy over four servers and one PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pyotp
import pytest_asyncio

from athena_auth.accounts.enforcement.deadlines import Deadlines
from athena_auth.accounts.enforcement.reminders import Reminders
from athena_auth.accounts.enforcement.rules import EnforcementPolicy
from athena_auth.delivery.model import MessageKind
from support.dump import fetch_all
from support.person import PASSWORD, sign_up
from support.world import World, world_over

DAY = 86_400
SERVERS = 4


@pytest_asyncio.fixture
async def servers(postgres_url: str) -> AsyncIterator[list[World]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(world_over(postgres_url, require_second_factor="all"))
            for _ in range(SERVERS)
        ]


def advance(servers: list[World], seconds: float) -> None:
    for server in servers:
        server.clock.advance(seconds)


def mails(servers: list[World], email: str, kind: MessageKind) -> int:
    return sum(server.mailbox.kinds_for(email).count(kind) for server in servers)


def reminders_of(server: World) -> Reminders:
    """Return the job of a server without the lease of its sweeper, which would let only one of them run it."""
    run = server.athena._run.components  # noqa: SLF001 - no public way to run the job beside the sweeper
    deadlines = Deadlines(EnforcementPolicy("all", 14), run.administration.notifications)
    return Reminders(run.resources.store, server.clock, deadlines)


async def test_each_reminder_is_sent_by_one_process(servers: list[World]) -> None:
    people = [await sign_up(servers[0], f"{name}@example.com") for name in ("ada", "eve", "grace")]
    advance(servers, 8 * DAY)

    sent = await asyncio.gather(*(reminders_of(server).send() for server in servers))

    assert sum(sent) == len(people)
    await servers[0].delivered()
    for person in people:
        assert mails(servers, person.email, MessageKind.SECOND_FACTOR_DUE) == 1


async def test_first_sign_ins_at_once_store_one_deadline(servers: list[World], postgres_url: str) -> None:
    async with world_over(postgres_url) as before:
        person = await sign_up(before)
    for number, server in enumerate(servers):
        server.clock.advance(number)

    clients = [await server.client() for server in servers]
    answers = await asyncio.gather(*(person.sign_in(client) for client in clients))

    assert len({answer.json()["secondFactorDueAt"] for answer in answers}) == 1
    await servers[0].delivered()
    assert mails(servers, person.email, MessageKind.SECOND_FACTOR_REQUIRED) == 1


async def test_two_confirmations_at_once_create_one_session(servers: list[World]) -> None:
    """Two browsers that enrol one account: one factor becomes active, and its bearer alone is signed in."""
    person = await sign_up(servers[0])
    advance(servers, 15 * DAY)
    token = (await person.sign_in()).json()["enrolmentToken"]
    first = await servers[0].bearer(token)
    begun = await first.post("/two-factor/enable", json={"password": PASSWORD})
    phone = pyotp.parse_uri(begun.json()["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    code = phone.at(servers[0].clock.now() // 1000)
    clients = [await server.bearer(token) for server in servers for _ in range(3)]

    answers = await asyncio.gather(
        *(client.post("/two-factor/verify-totp", json={"code": code}) for client in clients)
    )

    assert [answer.status_code for answer in answers].count(200) == 1
    assert {answer.status_code for answer in answers} <= {200, 401}
    live = "SELECT level FROM athena_session"
    assert await fetch_all(servers[0].database_url, live) == [(2,)]


async def test_a_password_change_and_a_confirmation_do_not_both_win(servers: list[World]) -> None:
    """Whichever comes first: no session and no factor that rest on the old password are left."""
    owner = await sign_up(servers[0])
    for _ in range(5):
        advance(servers, 3 * DAY)
        await owner.session()
    token = (await owner.sign_in()).json()["enrolmentToken"]
    thief = await servers[1].bearer(token)
    begun = await thief.post("/two-factor/enable", json={"password": PASSWORD})
    phone = pyotp.parse_uri(begun.json()["totpURI"])
    assert isinstance(phone, pyotp.TOTP)
    code = phone.at(servers[1].clock.now() // 1000)

    changed, confirmed = await asyncio.gather(
        owner.change_password("another correct horse"),
        thief.post("/two-factor/verify-totp", json={"code": code}),
    )

    assert {changed.status_code, confirmed.status_code} & {200}
    assert not (changed.is_success and confirmed.is_success)
