"""SQL written by hand, once, for both databases."""

import re

_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


class Statement:
    """One SQL statement with named parameters (`:name`), portable between SQLite and PostgreSQL.

    The dialect both speak is wide enough: `RETURNING`, `ON CONFLICT`, `UPDATE … WHERE` with a row count,
    integer milliseconds for time. Translated once, at import.
    """

    __slots__ = ("names", "postgres", "sqlite")

    def __init__(self, text: str) -> None:
        """Translate `text` for both drivers."""
        self.sqlite = " ".join(text.split())
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(self.sqlite)))
        self.postgres = _PARAMETER.sub(lambda match: f"${self.names.index(match[1]) + 1}", self.sqlite)

    def __repr__(self) -> str:
        return f"Statement({self.sqlite!r})"


class Batch:
    """Writes whose results nobody needs, in one round trip.

    On PostgreSQL they become one statement (a data-modifying WITH): they run in any order, all see the tables as
    they were before, and none sees what a transaction it waits for adds. On SQLite they run one after the
    other. So each must do the same either way, and no two may change the same row.
    """

    __slots__ = ("combined", "statements")

    def __init__(self, *statements: Statement) -> None:
        """Combine at least one statement."""
        self.statements = statements
        parts = ", ".join(f"w{n} AS ({statement.sqlite})" for n, statement in enumerate(statements))
        self.combined = Statement(f"WITH {parts} SELECT 1")
