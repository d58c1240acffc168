"""SQL written by hand, once, for both databases."""

import re
from functools import lru_cache, partial

_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_PLACEHOLDER = re.compile(r"\$([0-9]+)")


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


@lru_cache(maxsize=1024)
def combined(statements: tuple[Statement, ...]) -> str:
    """Return writes as one PostgreSQL statement, a data-modifying WITH; their arguments follow one another.

    They run in any order, all see the tables as they were before, and none sees what a transaction it waits for
    adds. So each must do the same either way, and no two may change the same row, unless both to the same.

    They are listed from the last to the first because PostgreSQL runs what nothing reads in that order
    (ExecPostprocessPlan). Locks are then taken in the order of the calls, and no two transactions that touch
    the same rows in one order wait for each other; if that ever changes, deadlocks are retried.
    """
    parts: list[str] = []
    offset = 0
    for number, statement in enumerate(statements):
        shifted = _PLACEHOLDER.sub(partial(_shifted, offset), statement.postgres)
        parts.append(f"w{number} AS ({shifted})")
        offset += len(statement.names)
    return f"WITH {', '.join(reversed(parts))} SELECT 1"


def _shifted(offset: int, match: re.Match[str]) -> str:
    return f"${int(match[1]) + offset}"
