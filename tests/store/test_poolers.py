"""Debian's PgBouncer, as it is shipped, between the server and its database."""

import asyncio
from typing import Any

import asyncpg
import pytest

from athena_auth.kernel.errors import Unavailable
from athena_auth.store.migrate import migrate, require_current
from athena_auth.store.postgres import PostgresStore
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import StoreLimits, Tx
from support.person import sign_up
from support.pgbouncer import Mode, pgbouncer
from support.postgres import PostgresServer
from support.world import world_over

# PgBouncer before 1.21, such as Debian 12's, does not track prepared statements.
MODES: list[tuple[Mode, dict[str, Any]]] = [("session", {}), ("transaction", {"prepared_statements": "off"})]
LIMITS = Statement("""
    SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement
    FROM athena_schema_version
""")


@pytest.mark.parametrize(("mode", "settings"), MODES)
async def test_people_sign_in_with_a_second_factor_through_it(
    postgres_url: str, mode: Mode, settings: dict[str, Any]
) -> None:
    with pgbouncer(postgres_url, mode) as url:
        async with world_over(url, **settings) as world:
            ada = await sign_up(world)
            await ada.turn_on_totp()
            challenge = await ada.challenge()
            codes = ada.backup_codes[:4]

            answers = await asyncio.gather(
                *(ada.answer(challenge, "verify-backup-code", code=code) for code in codes)
            )

            assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_many_at_once_share_few_server_connections(postgres_url: str) -> None:
    """Outside a transaction the two steps of a statement met two server connections, the second of which knew nothing of it."""
    limits = StoreLimits(prepared_statements=False)
    with pgbouncer(postgres_url, "transaction", size=2) as url:
        store = PostgresStore(url, limits)
        await store.open()
        rows = await asyncio.gather(*(store.fetch_one(LIMITS) for _ in range(200)))
        await store.close()
    assert {(row["lock"], row["statement"]) for row in rows if row is not None} == {("2s", "4500ms")}


async def test_limits_are_not_left_on_a_connection_that_others_use(postgres_url: str) -> None:
    """In transaction mode the next client of the same server connection may be another program."""
    with pgbouncer(postgres_url, "transaction", size=1) as url:
        ours = PostgresStore(url, StoreLimits(prepared_statements=False))
        await ours.open()

        async def work(tx: Tx) -> None:
            await tx.fetch_all(LIMITS)

        await ours.transact(work)
        theirs = await asyncpg.connect(url)
        left = await theirs.fetchval("SELECT current_setting('lock_timeout')")
        await theirs.close()
        await ours.close()
    assert left == "0"


async def test_prepared_statements_that_a_pooler_loses_are_an_outage_with_advice(postgres_url: str) -> None:
    with pgbouncer(postgres_url, "transaction", size=2) as url:
        store = PostgresStore(url, StoreLimits())
        await store.open()
        await store.fetch_one(LIMITS)  # prepared on the one server connection there is
        other = await asyncpg.connect(url)
        async with other.transaction():  # which this takes, so that the next is another one
            with pytest.raises(Unavailable, match="ATHENA_PREPARED_STATEMENTS=off"):
                await store.fetch_one(LIMITS)
        await other.close()
        await store.close()


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_the_schema_is_made_through_it(postgres_server: PostgresServer, mode: Mode) -> None:
    with pgbouncer(postgres_server.empty_database(), mode) as url:
        assert migrate(url)
        assert not migrate(url)
        require_current(url)
