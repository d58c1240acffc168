"""What a `Statement` derives from its text, and which deferred writes PostgreSQL runs in one round trip."""

import pytest

from athena_auth.store.statement import STATEMENTS, Statement, batched

DELETE = Statement("DELETE FROM a WHERE id = :id AND seen = :now AND id <> :id")
UPDATE = Statement("UPDATE b SET seen = :now WHERE id = :id")
INSERT = Statement("INSERT INTO a (id) VALUES (:id)", combinable=True)
DELETE_OLD = Statement("DELETE FROM a WHERE seen < :now", combinable=True)


@pytest.mark.parametrize(
    ("text", "verb", "table"),
    [
        ("INSERT INTO a AS b (id) VALUES (:id)", "INSERT", "a"),
        ("\n    UPDATE a\n    SET id = :id", "UPDATE", "a"),
        ("DELETE FROM a WHERE id IN (SELECT id FROM b)", "DELETE", "a"),
        ("SELECT * FROM a JOIN b ON a.id = b.id", "SELECT", "a"),
        ("SELECT a.*, (SELECT COUNT(*) FROM b WHERE b.id = a.id) AS n FROM a WHERE (id > '')", "SELECT", "a"),
        ("SELECT MAX(x.id) AS last FROM (SELECT id FROM a ORDER BY id LIMIT :most) AS x", "SELECT", "a"),
    ],
)
def test_a_statement_knows_its_verb_and_its_table(text: str, verb: str, table: str) -> None:
    statement = Statement(text)

    assert (statement.verb, statement.table) == (verb, table)


@pytest.mark.parametrize("text", ["delete from a", "WITH x AS (SELECT 1) SELECT * FROM x", "SELECT 1", ""])
def test_a_statement_without_a_table_is_refused_where_it_is_made(text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{__name__}, line \d+: begin a statement with its verb"):
        Statement(text)


def test_a_statement_is_registered_under_the_name_of_its_constant() -> None:
    assert DELETE in STATEMENTS
    assert repr(DELETE) == f"{__name__}.DELETE (DELETE a)"
    assert Statement("SELECT id FROM a").name.startswith("line ")


def test_deferred_writes_are_one_statement_on_postgresql() -> None:
    ((statement, arguments),) = batched((DELETE, UPDATE))

    assert arguments == 4
    assert statement == (
        "WITH w1 AS (UPDATE b SET seen = $3 WHERE id = $4), "
        "w0 AS (DELETE FROM a WHERE id = $1 AND seen = $2 AND id <> $1) SELECT 1"
    )


@pytest.mark.parametrize(
    ("deferred", "statements"),
    [
        ((), 0),
        ((UPDATE,), 1),
        ((UPDATE, UPDATE), 2),
        ((INSERT, INSERT, DELETE_OLD, UPDATE), 1),
        ((INSERT, UPDATE, DELETE), 2),
        ((DELETE, UPDATE, INSERT, DELETE_OLD), 2),
    ],
)
def test_only_combinable_writes_to_a_table_share_a_statement(
    deferred: tuple[Statement, ...], statements: int
) -> None:
    assert len(batched(deferred)) == statements
