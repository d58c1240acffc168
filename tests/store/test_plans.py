"""Every statement of the house is an index look-up, however large the tables grow.

The planner is asked with sequential scans made unattractive: one that is left is one that no index can avoid.
"""

import contextlib
import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import asyncpg

import athena_auth
from athena_auth.store.statement import Statement, combined

FOREIGN_KEYS_WITHOUT_INDEX = """
    SELECT c.conrelid::regclass::text, a.attname
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
"""


HOMES = (".sql", ".sessions.mint")
"""Where statements stand: in each `sql.py`, but for the one that creates a session (I1)."""


def statements() -> Iterator[tuple[str, Statement]]:
    """Find the statements by module and name."""
    for module_info in pkgutil.walk_packages(athena_auth.__path__, "athena_auth."):
        if module_info.name.endswith(HOMES):
            module = importlib.import_module(module_info.name)
            for name, value in vars(module).items():
                if isinstance(value, Statement):
                    yield f"{module_info.name}.{name}", value


ALL = dict(statements())


def test_they_are_found() -> None:
    """Whatever the source calls a statement stands where this looks; one elsewhere would have no plan to answer for."""
    root = Path(athena_auth.__file__).parent
    homes = {
        ".".join(["athena_auth", *path.relative_to(root).with_suffix("").parts])
        for path in root.rglob("*.py")
        if re.search(r"= Statement\(", path.read_text())
    }

    assert len(ALL) > 40
    assert {name.rpartition(".")[0] for name in ALL} == homes


OF_ONE_ROW = "athena_schema_version"


async def test_on_postgresql(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("SET enable_seqscan = off")
    scans = []
    for name, statement in ALL.items():
        nothing = [None] * len(statement.names)
        plan = await connection.fetch(f"EXPLAIN (GENERIC_PLAN) {statement.postgres}", *nothing)
        scans += [
            f"{name}: {line[0].strip()}"
            for line in plan
            if "Seq Scan" in line[0] and OF_ONE_ROW not in line[0]
        ]
    await connection.close()

    assert scans == []


def test_on_sqlite(sqlite_url: str) -> None:
    scans = []
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as database:
        for name, statement in ALL.items():
            parameters = dict.fromkeys(statement.names, 0)
            plan = database.execute(f"EXPLAIN QUERY PLAN {statement.sqlite}", parameters)
            scans += [
                f"{name}: {row[3]}"
                for row in plan
                if row[3].startswith("SCAN athena") and not row[3].endswith(OF_ONE_ROW)
            ]

    assert scans == []


async def test_deleting_an_account_finds_what_is_hers_by_index(postgres_url: str) -> None:
    """A cascade looks for the rows of one account in every table; without an index it reads them all."""
    connection = await asyncpg.connect(postgres_url)
    missing = await connection.fetch(FOREIGN_KEYS_WITHOUT_INDEX)
    await connection.close()

    assert missing == []


def test_writes_put_off_are_one_statement_on_postgresql() -> None:
    one = Statement("DELETE FROM a WHERE id = :id AND seen = :now AND id <> :id")
    other = Statement("UPDATE b SET seen = :now WHERE id = :id")

    assert combined((one, other)) == (
        "WITH w1 AS (UPDATE b SET seen = $3 WHERE id = $4), "
        "w0 AS (DELETE FROM a WHERE id = $1 AND seen = $2 AND id <> $1) SELECT 1"
    )
