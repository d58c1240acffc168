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
    """Writes that go together, none of which has a result or depends on another.

    One round trip on PostgreSQL, where they become one statement (a data-modifying WITH) and so share one
    snapshot: none sees what a transaction it waits for adds. Writes that must see it are statements of their own.
    """

    __slots__ = ("combined", "statements")

    def __init__(self, *statements: Statement) -> None:
        """Combine at least one statement."""
        self.statements = statements
        parts = ", ".join(f"w{n} AS ({statement.sqlite})" for n, statement in enumerate(statements))
        self.combined = Statement(f"WITH {parts} SELECT 1")
