"""Every row of the table of known vulnerabilities names tests that exist, or says why it does not apply."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
TABLE = (Path(__file__).parent / "README.md").read_text()
ROW = re.compile(r"^\| (\d+) \|.*\| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
HOLES = 38


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_every_hole_has_a_test_or_a_reason() -> None:
    rows = ROW.findall(TABLE)

    assert [int(number) for number, _ in rows] == list(range(1, HOLES + 1))
    assert [row for row in rows if not NAMED.search(row[1]) and "cannot touch us: " not in row[1]] == []


def test_every_test_in_the_table_exists() -> None:
    named = NAMED.findall(TABLE)

    assert len(named) > HOLES
    missing = [f"{file}::{name}" for file, name in named if name not in names_in(TESTS / file)]
    assert missing == []
