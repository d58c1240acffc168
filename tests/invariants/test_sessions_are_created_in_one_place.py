"""I1: a session is created by `sessions.mint` and by nothing else, and only the challenge calls it.

The import contract `session-creation` sees imports of that module alone: a call of the INSERT, when it was a public statement of
another module, passed every contract. This reads the source, and so sees what imports do not show.
"""

from pathlib import Path

import pytest

import athena_auth
from support.session_creation import MINT, violations

ROOT = Path(athena_auth.__file__).parent
MODULES = {
    ".".join(["athena_auth", *path.relative_to(ROOT).with_suffix("").parts]): path.read_text()
    for path in sorted(ROOT.rglob("*.py"))
}

INSERT = "Statement('INSERT INTO athena_session (id) VALUES (:id)')"
PLANTED = {
    "the INSERT, written again": f"_X = {INSERT}",
    "in small letters and over lines": '_X = Statement("""\n  insert\n into\n athena_session(id) VALUES (:id)""")',
    "with a comment in between": "_X = Statement('INSERT /* x */ INTO athena_session (id) VALUES (1)')",
    "by SQLite's own words": "_X = Statement('INSERT OR REPLACE INTO athena_session (id) VALUES (1)')",
    "REPLACE": "_X = Statement('REPLACE INTO athena_session (id) VALUES (1)')",
    "MERGE": "_X = Statement('MERGE INTO athena_session USING x ON true')",
    "quoted and with its schema": "_X = Statement('INSERT INTO public.\"athena_session\" (id) VALUES (1)')",
    "after a WITH": "_X = Statement('WITH x AS (SELECT 1) INSERT INTO athena_session SELECT * FROM x')",
    "the table put in": "_X = Statement(f'INSERT INTO {table} (id) VALUES (1)')",
    "the table put together": "_X = Statement('INSERT INTO athena_' + 'session (id) VALUES (1)')",
    "by Alembic": "op.bulk_insert(table, rows)",
    "a call": "from athena_auth.sessions.mint import mint\nmint()",
    "an import in a function": "def f() -> None:\n    from athena_auth.sessions.mint import mint",
    "under another name": "from athena_auth.sessions.mint import mint as make",
    "the statement": "from athena_auth.sessions.mint import _INSERT",
    "the private function": "from athena_auth.sessions.mint import _insert",
    "the module": "from athena_auth.sessions import mint",
    "the module, in full": "import athena_auth.sessions.mint",
    "all of it": "from athena_auth.sessions.mint import *",
    "relatively": "from .mint import _INSERT",
    "by way of a module that may": "from athena_auth.mfa.sign_in_policy import mint",
    "an attribute of a module that may": "from athena_auth.mfa import admission\nadmission.mint()",
    "by name": "import_module('athena_auth.sessions.mint')",
    "by name, in steps": "getattr(admission, 'mint')",
}
FROM_INSIDE = {
    "the statement": "from athena_auth.sessions.mint import _INSERT",
    "under another name": "from athena_auth.sessions.mint import mint as make",
    "handed on as a value": "from athena_auth.sessions.mint import mint\nmake = mint",
    "the INSERT, written again": f"_X = {INSERT}",
}


def test_nothing_else_in_the_source_can_create_a_session() -> None:
    found = [each for module, source in MODULES.items() for each in violations(module, source)]

    assert found == []


def test_the_one_place_and_its_callers_are_seen() -> None:
    assert "INSERT INTO athena_session" in MODULES[MINT]
    assert violations("athena_auth.elsewhere", MODULES[MINT]) != []
    callers = [module for module, source in MODULES.items() if "import mint\n" in source]
    assert callers
    assert all(module.startswith("athena_auth.mfa.") for module in callers)
    assert all(violations("athena_auth.elsewhere", MODULES[module]) for module in callers)


@pytest.mark.parametrize("source", PLANTED.values(), ids=PLANTED.keys())
def test_another_way_to_a_session_is_found(source: str) -> None:
    assert violations("athena_auth.sign_in.service", source) != []


@pytest.mark.parametrize("source", FROM_INSIDE.values(), ids=FROM_INSIDE.keys())
def test_the_callers_may_call_it_and_no_more(source: str) -> None:
    assert violations("athena_auth.mfa.sign_in_policy", source) != []
    assert (
        violations("athena_auth.mfa.sign_in_policy", "from athena_auth.sessions.mint import mint\nmint()")
        == []
    )
