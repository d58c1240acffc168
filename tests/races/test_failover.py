"""A primary that dies under load, and a synchronous standby that takes its place: what was acknowledged stays done."""

import asyncio
from collections.abc import Iterator

import pytest

from athena_auth.store.migrate import migrate
from support.cluster import Cluster, cluster
from support.person import Person, sign_up
from support.postgres import PostgresServer
from support.world import World, world_over

_MOST_ROUNDS = 600
_PAUSE = 0.1
_BEFORE = 6
"""How many codes each person uses at most before the failover; the rest is for after it."""


@pytest.fixture
def two_servers(postgres_server: PostgresServer) -> Iterator[Cluster]:
    # The first server of a run makes the user that PostgreSQL runs as, and lets it read the programs.
    with cluster() as both:
        migrate(both.url)
        yield both


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_or_accepted_twice(two_servers: Cluster) -> None:
    async with world_over(two_servers.url, database_timeout=1, lock_timeout=1) as world:
        people = [await _enrolled(world, f"ada{n}@example.com") for n in range(4)]
        used: list[tuple[Person, str]] = []
        under_load, failed_over = asyncio.Event(), asyncio.Event()
        working = asyncio.gather(*(_use_codes(person, used, under_load, failed_over) for person in people))
        await under_load.wait()

        await asyncio.to_thread(two_servers.fail_over)
        failed_over.set()
        after = await working

        assert all(after), "everybody signed in after the failover, without a restart of the server"
        for person, code in used:
            again = await person.answer(await person.challenge(), "verify-backup-code", code=code)
            assert again.status_code == 401, "a code that was accepted before the failover was accepted again"


async def _enrolled(world: World, email: str) -> Person:
    person = await sign_up(world, email)
    await person.turn_on_totp()
    return person


async def _use_codes(
    person: Person,
    used: list[tuple[Person, str]],
    under_load: asyncio.Event,
    failed_over: asyncio.Event,
) -> bool:
    """Sign in by one backup code after the other, until that worked once after the failover; tell whether it did."""
    codes = iter(person.backup_codes)
    code = next(codes)
    for _ in range(_MOST_ROUNDS):
        await asyncio.sleep(_PAUSE)
        was_over = failed_over.is_set()
        signed_in = await person.sign_in()
        if signed_in.status_code == 503:
            continue
        answer = await person.answer(signed_in.json()["token"], "verify-backup-code", code=code)
        if answer.status_code == 200:
            used.append((person, code))
            under_load.set()
            if was_over:
                return True
        # 401: it was used, and the answer was lost with the primary.
        if answer.status_code in {200, 401} and (was_over or code != person.backup_codes[_BEFORE]):
            code = next(codes)
    return False
