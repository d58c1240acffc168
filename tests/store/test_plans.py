"""Every statement uses an index, so its cost does not grow with the tables.

The tests disable sequential scans: one that remains in a plan is one that no index can avoid.
"""

import ast
import contextlib
import importlib
import itertools
import pkgutil
import re
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
OF_EVERY_ROW = {
    "athena_auth.accounts.recovery_cases.sql.END_ALL",
    "athena_auth.accounts.recovery_cases.sql._LOAD_OPEN",
    "athena_auth.factors.backup_codes.sql.DISCARD",
}
"""What only commands run: the list of all open cases, and `after-restore`, before any server."""
OF_FEW_ROWS = "athena_authenticator_pending"
"""An index of pending enrolments alone, which an empty table makes cheaper than the primary key."""


_INDEX_SCAN = re.compile(r"(Bitmap )?Index (Only )?Scan")


def whole_reads(plan: list[str]) -> list[str]:
    """Return the nodes that may read a whole table.

    Where sequential scans are disabled, PostgreSQL walks through a whole index instead: without a condition on it. Only a
    LIMIT ends such a walk, and only if no filter makes it go on.
    """
    is_limited = any(line.lstrip(" ->").startswith("Limit") for line in plan)
    found = []
    for number, line in enumerate(plan):
        node = line.strip().removeprefix("->").strip()
        details = list(itertools.takewhile(lambda each: "->" not in each, plan[number + 1 :]))
        is_walk = _INDEX_SCAN.match(node) and not any("Index Cond:" in each for each in details)
        has_filter = any("Filter:" in each for each in details)
        if "Seq Scan" in node or (is_walk and (has_filter or not is_limited)):
            found.append(node)
    return [node for node in found if OF_ONE_ROW not in node and OF_FEW_ROWS not in node]


async def test_on_postgresql(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    # A plan for NULL would be that of a statement that finds nothing.
    await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    scans = []
    for name, statement in ALL.items():
        await connection.execute(f"PREPARE explained AS {statement.postgres}")
        nothing = ", ".join(["NULL"] * len(statement.names))
        plan = await connection.fetch(f"EXPLAIN EXECUTE explained{nothing and f'({nothing})'}")
        await connection.execute("DEALLOCATE explained")
        nodes = [] if name in OF_EVERY_ROW else whole_reads([line[0] for line in plan])
        scans += [f"{name}: {node}" for node in nodes]
    await connection.close()

    assert scans == [], "\n".join(scans)


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

    assert scans == [], "\n".join(scans)


async def test_deleting_an_account_finds_what_is_hers_by_index(postgres_url: str) -> None:
    """A cascade looks for the rows of one account in every table; without an index it reads them all."""
    connection = await asyncpg.connect(postgres_url)
    missing = await connection.fetch(FOREIGN_KEYS_WITHOUT_INDEX)
    await connection.close()

    assert missing == []
