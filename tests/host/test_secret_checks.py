"""A server starts only with the secrets that its database was created with."""

import asyncio

import pytest

from athena_auth import Athena, Settings, SettingsError
from athena_auth.crypto.keys import Keyring
from athena_auth.kernel.errors import Unavailable
from support.dump import dump, execute, fetch_all
from support.mailbox import Mailbox
from support.person import Person, sign_up
from support.postgres import PostgresServer
from support.world import SECRET, world_over

ONE, TWO = "1:the-first-secret-of-more-than-thirty-two-bytes", "2:the-second-secret-of-more-than-32-bytes"
OTHER = "1:not-the-first-secret-of-this-database-at-all"
NEW_AND_OLD, OLD_AND_NEW = f"{TWO},{ONE}", f"{ONE},{TWO}"
RECORDS = "SELECT number FROM athena_secret_check ORDER BY number"


async def make(database_url: str, secrets: str = ONE) -> Person:
    """Create a user with an authenticator app and ten backup codes, on a server with these secrets."""
    async with world_over(database_url, secret=None, secrets=secrets) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
    return ada


async def starts(database_url: str, secrets: str) -> None:
    async with world_over(database_url, secret=None, secrets=secrets):
        pass


async def test_a_wrong_secret_is_refused_at_the_start(database_url: str) -> None:
    """A server with a wrong secret looked healthy: passwords and sessions worked.

    Each code of an app was a 500, and each right backup code counted as a wrong one, until the account was blocked.
    """
    await make(database_url)
    before = await dump(database_url)

    with pytest.raises(
        SettingsError, match="numbered 1 is not the one this database was made with"
    ) as refused:
        await starts(database_url, OTHER)

    assert "not-the-first" not in str(refused.value)
    assert await dump(database_url) == before
    await starts(database_url, ONE)


async def test_a_wrong_old_secret_is_refused_beside_the_right_current_one(database_url: str) -> None:
    await make(database_url, NEW_AND_OLD)

    with pytest.raises(SettingsError, match="numbered 1 is not the one"):
        await starts(database_url, f"{TWO},{OTHER}")


async def test_a_wrong_secret_is_refused_by_a_database_without_users(database_url: str) -> None:
    await starts(database_url, ONE)

    with pytest.raises(SettingsError, match="numbered 1 is not the one"):
        await starts(database_url, OTHER)


async def test_a_database_older_than_the_records_is_verified_by_what_it_holds(database_url: str) -> None:
    await make(database_url)
    await execute(database_url, "DELETE FROM athena_secret_check")

    with pytest.raises(SettingsError, match="numbered 1 is not the one"):
        await starts(database_url, OTHER)
    with pytest.raises(
        SettingsError, match="1 is no longer configured, but 1 TOTP secret and 10 backup codes"
    ):
        await starts(database_url, TWO)

    assert await fetch_all(database_url, RECORDS) == []
    await starts(database_url, ONE)
    assert await fetch_all(database_url, RECORDS) == [(1,)]


async def test_a_waiting_message_tells_the_secret_too(database_url: str) -> None:
    async with world_over(database_url, secret=None, secrets=ONE) as world:
        ada = await sign_up(world)
        world.mailbox.out_of_order = True
        await ada.enable(method="otp")
        await world.mailbox.refused_code()
    await execute(database_url, "DELETE FROM athena_secret_check")

    with pytest.raises(SettingsError, match="numbered 1 is not the one"):
        await starts(database_url, OTHER)


async def test_one_changed_row_does_not_keep_the_server_from_starting(database_url: str) -> None:
    """An attacker who can write to one row could else stop the server; only that row cannot be read."""
    await make(database_url)
    async with world_over(database_url, secret=None, secrets=ONE) as world:
        eve = await sign_up(world, "eve@example.com", "Eve")
        await eve.turn_on_totp()
    await execute(database_url, "DELETE FROM athena_secret_check")
    await execute(
        database_url,
        "UPDATE athena_authenticator SET sealed_data = (SELECT sealed_data FROM athena_authenticator "
        "ORDER BY id LIMIT 1)",
    )

    await starts(database_url, ONE)


@pytest.mark.parametrize("secrets", [NEW_AND_OLD, OLD_AND_NEW])
async def test_every_kind_of_code_made_with_an_old_secret_stays_good(database_url: str, secrets: str) -> None:
    """The hash of a backup code names its secret, so the code is good while that is configured, wherever it stands."""
    async with world_over(database_url, secret=None, secrets=ONE) as world:
        ada = await sign_up(world)
        await ada.turn_on_totp()
        challenges = [await ada.challenge() for _ in range(3)]
        await ada.answer(challenges[0], "send-otp")
        sent = await world.mailbox.code_for(ada.email)
        clock = world.clock.now()
    async with world_over(database_url, secret=None, secrets=secrets) as world:
        world.clock.advance((clock - world.clock.now()) / 1000)
        ada.world = world
        answers = [
            await ada.answer(challenges[0], "verify-otp", code=sent),
            await ada.answer(challenges[1], "verify-backup-code", code=ada.backup_codes[0]),
            await ada.answer(challenges[2], "verify-totp", code=ada.code()),
        ]

    assert [answer.status_code for answer in answers] == [200] * 3


async def test_a_secret_that_values_depend_on_cannot_be_left_out(database_url: str) -> None:
    """Taking the old secret away made every unused backup code of its time a wrong one, without a word."""
    await make(database_url)
    await starts(database_url, NEW_AND_OLD)
    before = await dump(database_url)

    with pytest.raises(
        SettingsError, match="1 TOTP secret and 10 backup codes still depend on it"
    ) as refused:
        await starts(database_url, TWO)

    assert "athena-auth secrets check" in str(refused.value)
    assert await dump(database_url) == before
    await starts(database_url, NEW_AND_OLD)


async def test_a_secret_that_nothing_depends_on_can_be_left_out(database_url: str) -> None:
    ada = await make(database_url)
    async with world_over(database_url, secret=None, secrets=NEW_AND_OLD) as world:
        world.clock.advance(120)
        ada.world, ada.client = world, await world.bearer(ada.token)
        used = await ada.post("/two-factor/verify-totp", code=ada.code())
        made = await ada.post("/two-factor/generate-backup-codes", password=ada.password)
        assert (used.status_code, made.status_code) == (200, 200)

    await starts(database_url, TWO)

    assert await fetch_all(database_url, RECORDS) == [(2,)]


async def test_what_has_expired_depends_on_nothing(database_url: str) -> None:
    """An enrolment that was not finished, with its ten codes, and a mail of last year must not hold a secret for ever."""
    async with world_over(database_url, secret=None, secrets=ONE) as world:
        ada = await sign_up(world)
        await ada.enable()
        eve = await sign_up(world, "eve@example.com", "Eve")
        world.mailbox.out_of_order = True
        await eve.enable(method="otp")
        await world.mailbox.refused_code()
    # The mail of a sign-up may have been sent, or wait too.
    depends = r"1 TOTP secret, 20 backup codes, [12] waiting messages? and 1 sent code"
    with pytest.raises(SettingsError, match=depends):
        await starts(database_url, TWO)
    last_year = "1700000000000"
    for table, column in [
        ("athena_authenticator", "created_at"),
        ("athena_backup_code", "created_at"),
        ("athena_outbox", "expires_at"),
        ("athena_sent_code", "expires_at"),
    ]:
        await execute(database_url, f"UPDATE {table} SET {column} = {last_year}")

    await starts(database_url, TWO)


async def test_processes_that_start_together_all_succeed(postgres_url: str) -> None:
    """Each finds no record, and each makes one: the first stays, and the others read it."""
    athenas = [athena_over(postgres_url, NEW_AND_OLD) for _ in range(6)]

    await asyncio.gather(*(athena.start() for athena in athenas))
    await asyncio.gather(*(athena.stop() for athena in athenas))

    assert await fetch_all(postgres_url, RECORDS) == [(1,), (2,)]


async def test_of_processes_with_different_secrets_of_one_number_one_kind_starts(postgres_url: str) -> None:
    athenas = [athena_over(postgres_url, secrets) for secrets in [ONE, OTHER] * 3]

    ended = await asyncio.gather(*(athena.start() for athena in athenas), return_exceptions=True)
    await asyncio.gather(*(athena.stop() for athena in athenas))

    assert {tuple(map(type, ended[kind::2])) for kind in (0, 1)} == {
        (type(None),) * 3,
        (SettingsError,) * 3,
    }


async def test_a_refused_start_can_be_repeated_and_holds_no_connection(postgres_url: str) -> None:
    await make(postgres_url)
    athena = athena_over(postgres_url, OTHER)

    for _ in range(3):
        with pytest.raises(SettingsError):
            await athena.start()

    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    # The database notices a moment later that a connection was closed.
    for _ in range(200):
        if await fetch_all(postgres_url, query) == [(0,)]:
            break
        await asyncio.sleep(0.05)
    assert await fetch_all(postgres_url, query) == [(0,)]


async def test_a_database_without_tables_is_said_to_be_that(postgres_server: PostgresServer) -> None:
    athena = athena_over(postgres_server.empty_database(), ONE)

    with pytest.raises(Unavailable, match=r"has no tables, this program needs \d+: run athena-auth migrate"):
        await athena.start()


async def test_what_is_recorded_is_neither_the_secret_nor_a_key(database_url: str) -> None:
    async with world_over(database_url) as world:
        await sign_up(world)
        recorded = await fetch_all(database_url, "SELECT check_value FROM athena_secret_check")
        stolen = await dump(database_url)

    assert recorded == [(Keyring({1: SECRET.encode()}).check_values[1],)]
    assert SECRET not in stolen
    assert SECRET.encode().hex() not in stolen


def athena_over(database_url: str, secrets: str) -> Athena:
    settings = Settings(secrets=secrets, database_url=database_url, rate_limit="off", _env_file=None)  # type: ignore[arg-type, call-arg]
    return Athena(settings, transport=Mailbox(), migrates=False)
