"""Every statement uses an index, so its cost does not grow with the tables.

The tests disable sequential scans: one that remains in a plan is one that no index can avoid.
"""

import ast
import contextlib
import importlib
import pkgutil
import sqlite3
from pathlib import Path

import asyncpg

import athena_auth
from athena_auth.store.statement import STATEMENTS

FOREIGN_KEYS_WITHOUT_INDEX = """
    SELECT c.conrelid::regclass::text, a.attname
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND NOT EXISTS (
        SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])
"""


STARTS = ("__main__", "migrations")
"""Modules that run something when they are imported; statements are in none of them."""


def import_all() -> None:
    """Import every module, so that each statement is registered."""
    for module in pkgutil.walk_packages(athena_auth.__path__, "athena_auth."):
        if not any(part in STARTS for part in module.name.split(".")):
            importlib.import_module(module.name)


import_all()
ALL = {
    f"{each.module}.{each.name}": each
    for each in STATEMENTS
    if each.module.partition(".")[0] == "athena_auth"
}


def test_every_statement_is_checked() -> None:
    """Whatever the source calls a statement is among those that are explained below."""
    written = [
        node
        for path in Path(athena_auth.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Statement"
    ]

    assert len(ALL) == len(written) > 100


OF_ONE_ROW = "athena_schema_version"
COUNTED = "USING INDEX athena_account_without_second_factor"
"""A partial index that has only what is counted."""


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
                if row[3].startswith("SCAN athena") and not row[3].endswith((OF_ONE_ROW, COUNTED))
            ]

    assert scans == []


async def test_deleting_an_account_finds_what_is_hers_by_index(postgres_url: str) -> None:
    """A cascade looks for the rows of one account in every table; without an index it reads them all."""
    connection = await asyncpg.connect(postgres_url)
    missing = await connection.fetch(FOREIGN_KEYS_WITHOUT_INDEX)
    await connection.close()

    assert missing == []
