"""`athena-auth secrets`, and a server that refuses to start with the wrong ones."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import SystemClock
from support.dump import dump, execute
from support.person import PASSWORD, Person, sign_up
from support.postgres import PostgresServer
from support.process import run_athena, serving
from support.world import world_over

ONE, TWO = "1:the-first-secret-of-more-than-thirty-two-bytes", "2:the-second-secret-of-more-than-32-bytes"
OTHER = "1:not-the-first-secret-of-this-database-at-all"
BOTH = f"{TWO},{ONE}"

Ended = subprocess.CompletedProcess[str]


async def use(database_url: str) -> Person:
    """Make a value of each kind with the first secret, and some with the second."""
    async with world_over(database_url, secret=None, secrets=ONE) as world:
        # The command has the machine's clock.
        world.clock.advance((SystemClock().now() - world.clock.now()) / 1000)
        ada = await sign_up(world)
        await ada.turn_on_totp()
        assert (await ada.client.get("/token")).status_code == 200
        challenge = await ada.challenge()
        # What was sent before must have arrived: only the code is to wait in the database.
        await world.mailbox.message_for(ada.email, MessageKind.FACTOR_ADDED)
        world.mailbox.out_of_order = True
        await ada.answer(challenge, "send-otp")
        await world.mailbox.refused_code()
    async with world_over(database_url, secret=None, secrets=BOTH) as world:
        world.clock.advance((SystemClock().now() - world.clock.now()) / 1000)
        eve = await sign_up(world, "eve@example.com", "Eve")
        await eve.turn_on_totp()
    return ada


def check(folder: Path, database_url: str, secrets: str) -> tuple[int, dict[int, dict[str, Any]]]:
    ended = run_athena(folder, "secrets", "check", "--json", database_url=database_url, secrets=secrets)
    told = json.loads(ended.stdout)
    assert told["ok"] is (ended.returncode == 0)
    assert (ended.stderr == "") is told["ok"]
    return ended.returncode, {row.pop("number"): row for row in told["secrets"]}


def assert_refused(ended: Ended, part: str) -> None:
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert part in ended.stderr
    assert "secret-of" not in ended.stderr


async def test_what_depends_on_each_secret_is_counted(database_url: str, tmp_path: Path) -> None:
    await use(database_url)

    code, told = check(tmp_path, database_url, BOTH)

    assert code == 0
    assert told == {
        2: {
            "status": "current",
            "canBeRemoved": False,
            "totpSecrets": 1,
            "backupCodes": 10,
            "waitingMessages": 0,
            "sentCodes": 0,
            "signingKeys": 0,
        },
        1: {
            "status": "needed",
            "canBeRemoved": False,
            "totpSecrets": 1,
            "backupCodes": 10,
            "waitingMessages": 1,
            "sentCodes": 1,
            "signingKeys": 1,
        },
    }


async def test_more_values_than_one_step_of_the_count_are_all_counted(
    database_url: str, tmp_path: Path
) -> None:
    """Tables are walked in steps of ten thousand rows; none is skipped or counted twice between two of them."""
    await use(database_url)
    await execute(
        database_url,
        "INSERT INTO athena_outbox (id, sealed_message, tries, due_at, expires_at) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) "
        "SELECT CAST(100000 + i AS VARCHAR(32)), sealed_message, tries, expires_at, expires_at FROM n, athena_outbox",
    )

    _, told = check(tmp_path, database_url, BOTH)

    assert told[1]["waitingMessages"] == 25_001
    assert told[2]["waitingMessages"] == 0


async def test_it_fails_when_something_would_break(database_url: str, tmp_path: Path) -> None:
    await use(database_url)
    before = await dump(database_url)

    codes = {}
    statuses = {}
    for secrets in (TWO, OTHER, f"{TWO},{OTHER}"):
        codes[secrets], told = check(tmp_path, database_url, secrets)
        statuses[secrets] = {number: row["status"] for number, row in told.items()}

    assert set(codes.values()) == {1}
    assert statuses == {
        TWO: {2: "current", 1: "missing"},
        OTHER: {2: "missing", 1: "wrong"},
        f"{TWO},{OTHER}": {2: "current", 1: "wrong"},
    }
    assert await dump(database_url) == before


async def test_a_secret_without_dependents_can_be_removed(sqlite_url: str, tmp_path: Path) -> None:
    async with world_over(sqlite_url, secret=None, secrets=BOTH) as world:
        await sign_up(world)

    code, told = check(tmp_path, sqlite_url, BOTH)
    without, after = check(tmp_path, sqlite_url, TWO)

    assert (code, told[1]["status"], told[1]["canBeRemoved"]) == (0, "removable", True)
    assert (without, after[1]["status"]) == (0, "unused")


async def test_people_read_a_table(sqlite_url: str, tmp_path: Path) -> None:
    await use(sqlite_url)

    ended = run_athena(tmp_path, "secrets", "check", database_url=sqlite_url, secrets=BOTH)

    assert ended.returncode == 0
    heading, second, first = ended.stdout.splitlines()
    assert heading == "secret  TOTP secrets  backup codes  waiting messages  sent codes  signing keys"
    assert second.split(maxsplit=6) == ["2", "1", "10", "0", "0", "0", "New values are made with it."]
    assert first.split(maxsplit=6)[6] == "It must stay configured: values still depend on it."


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
async def test_a_wrong_secret_is_refused_before_anything_is_announced(
    postgres_url: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    await use(postgres_url)
    before = await dump(postgres_url)

    wrong = run_athena(tmp_path, "serve", *arguments, port="0", database_url=postgres_url, secrets=OTHER)
    missing = run_athena(tmp_path, "serve", *arguments, port="0", database_url=postgres_url, secrets=TWO)

    assert_refused(wrong, "The secret numbered 1 is not the one this database was made with")
    assert_refused(
        missing,
        "1 TOTP secret, 10 backup codes, 1 waiting message, 1 sent code and 1 signing key still depend on it",
    )
    assert await dump(postgres_url) == before


def test_a_lost_secret_file_is_refused(tmp_path: Path) -> None:
    """A database that was restored without the file beside it got a new secret, and no second factor worked."""
    with serving(tmp_path) as server, httpx.Client(base_url=server.base_url) as client:
        body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        token = client.post("/sign-up/email", json=body).json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        client.post("/two-factor/enable", json={"password": PASSWORD}, headers=bearer)
    secret = tmp_path / "athena.db.secret"
    kept = secret.read_bytes()
    secret.unlink()

    refused = run_athena(tmp_path, "serve", port="0")

    assert_refused(refused, "The secret numbered 1 is not the one this database was made with")
    assert "the .secret file" in refused.stderr
    secret.write_bytes(kept)
    with serving(tmp_path):
        pass


async def test_an_operator_cannot_act_with_a_wrong_secret(database_url: str, tmp_path: Path) -> None:
    """The mail to the owner would be sealed with a secret that the server does not have."""
    await use(database_url)

    settings = {"database_url": database_url, "secrets": OTHER, "mail_url": "file:outbox.jsonl"}
    ended = run_athena(tmp_path, "reset-factors", "ada@example.com", **settings)

    assert_refused(ended, "The secret numbered 1 is not the one")


async def test_a_lost_secret_can_be_given_up_and_be_found_again(database_url: str, tmp_path: Path) -> None:
    """Without a way on, a server whose secret is lost could never start again, and no owner could be helped."""
    ada = await use(database_url)
    run = {"database_url": database_url, "secrets": TWO}

    given_up = run_athena(tmp_path, "secrets", "forget", "1", **run)
    code, told = check(tmp_path, database_url, TWO)

    assert (given_up.returncode, given_up.stdout) == (
        0,
        (
            "The server starts without secret number 1. Values that can no longer be read: 1 TOTP secret, 10 backup codes, "
            "1 waiting message, 1 sent code and 1 signing key.\n"
        ),
    )
    assert (code, told[1]["status"]) == (0, "given-up")
    async with world_over(database_url, secret=None, secrets=TWO) as world:
        ada.world = world
        challenge = await ada.challenge()
        for kind, typed in (("verify-totp", "123456"), ("verify-backup-code", ada.backup_codes[0])):
            assert (await ada.answer(challenge, kind, code=typed)).status_code == 503
    assert_refused(
        run_athena(tmp_path, "serve", port="0", database_url=database_url, secrets=f"{TWO},{OTHER}"),
        "The secret numbered 1 is not the one",
    )
    async with world_over(database_url, secret=None, secrets=BOTH) as world:
        ada.world = world
        answer = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
        assert answer.status_code == 200
    assert check(tmp_path, database_url, BOTH)[1][1]["status"] == "needed"


async def test_a_secret_that_was_lost_before_it_was_recorded_can_be_given_up(
    database_url: str, tmp_path: Path
) -> None:
    """A database of an earlier version has no record of it; what was made with it is all that is known."""
    ada = await use(database_url)
    await execute(database_url, "DELETE FROM athena_secret_check")
    run = {"database_url": database_url, "secrets": TWO}

    refused = run_athena(tmp_path, "serve", port="0", **run)
    given_up = run_athena(tmp_path, "secrets", "forget", "1", **run)
    nothing = run_athena(tmp_path, "secrets", "forget", "9", **run)
    code, told = check(tmp_path, database_url, TWO)

    assert_refused(refused, "The secret numbered 1 is no longer configured")
    assert given_up.returncode == 0
    assert nothing.stdout.endswith("Values that can no longer be read: nothing.\n")
    assert (code, {number: row["status"] for number, row in told.items()}) == (
        0,
        {2: "current", 1: "given-up"},
    )
    async with world_over(database_url, secret=None, secrets=TWO):
        pass
    assert_refused(
        run_athena(tmp_path, "serve", port="0", database_url=database_url, secrets=f"{TWO},{OTHER}"),
        "The secret numbered 1 is not the one",
    )
    async with world_over(database_url, secret=None, secrets=BOTH) as world:
        ada.world = world
        answer = await ada.answer(await ada.challenge(), "verify-backup-code", code=ada.backup_codes[0])
        assert answer.status_code == 200


async def test_a_secret_that_is_configured_is_not_given_up(sqlite_url: str, tmp_path: Path) -> None:
    await use(sqlite_url)
    before = await dump(sqlite_url)

    for number in ("1", "2"):
        ended = run_athena(tmp_path, "secrets", "forget", number, database_url=sqlite_url, secrets=BOTH)
        assert_refused(ended, f"secret number {number} is configured")
    for number in ("0", "65536", "one"):
        assert (
            run_athena(
                tmp_path, "secrets", "forget", number, database_url=sqlite_url, secrets=BOTH
            ).returncode
            == 2
        )

    assert await dump(sqlite_url) == before


@pytest.mark.parametrize(
    "command",
    [
        ["secrets", "check"],
        ["secrets", "forget", "2"],
        ["unlock", "ada@example.com"],
        ["audit"],
        ["reset-factors", "a@example.com"],
        ["after-restore"],
    ],
)
def test_a_command_on_a_database_without_tables_says_what_to_do(
    tmp_path: Path, postgres_server: PostgresServer, command: list[str]
) -> None:
    """On PostgreSQL they ended with a traceback; on SQLite they made an empty database in the wrong folder."""
    empty = postgres_server.empty_database()

    on_postgres = run_athena(tmp_path, *command, database_url=empty, secrets=ONE)
    on_sqlite = run_athena(tmp_path, *command)
    elsewhere = run_athena(tmp_path, *command, "--database-url", "sqlite:///folder/file.db")

    assert_refused(on_postgres, "has no tables")
    assert_refused(on_sqlite, "there is no SQLite file athena.db; athena-auth migrate makes it")
    assert_refused(elsewhere, "there is no SQLite file folder/file.db; athena-auth migrate makes it")
    assert "run athena-auth migrate" in on_postgres.stderr
    assert list(tmp_path.iterdir()) == []


def test_checking_makes_no_secret(tmp_path: Path) -> None:
    run_athena(tmp_path, "migrate")

    assert_refused(run_athena(tmp_path, "secrets", "check"), "there is no athena.db.secret")
    assert not (tmp_path / "athena.db.secret").exists()
