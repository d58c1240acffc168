"""SQL written by hand, once, for both databases."""

import re
import sys
from functools import lru_cache, partial

_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")
_PLACEHOLDER = re.compile(r"\$([0-9]+)")
_WRITE = re.compile(r"(INSERT) INTO (\w+)|(UPDATE) (\w+)|(DELETE) FROM (\w+)")
_READ = re.compile(r"(SELECT) .*?\bFROM (\w+)")
_INNERMOST_PARENTHESES = re.compile(r"\([^()]*\)")

STATEMENTS: list["Statement"] = []
"""Every statement of the modules imported so far."""


class Statement:
    """One SQL statement with named parameters (`:name`), portable between SQLite and PostgreSQL.

    The dialect both share is wide enough: `RETURNING`, `ON CONFLICT`, `UPDATE … WHERE` with a row count,
    integer milliseconds for time. Translated and registered in `STATEMENTS` once, at import.
    """

    __slots__ = ("_line", "combinable", "module", "names", "postgres", "sqlite", "table", "verb")

    def __init__(self, text: str, *, combinable: bool = False) -> None:
        """Translate `text` for both drivers.

        Args:
            text: The statement; keywords in capitals.
            combinable: Whether one transaction may defer this write together with other combinable writes to its table,
                or more than once. PostgreSQL then runs them as one statement, in which each sees the table as it was before
                all of them and only one change to a row is applied; SQLite runs them in the order of the calls.
                The author promises the same result either way: nothing an earlier one changes decides what a later
                one does, and no two change the same row, unless to the same values.

        Raises:
            ValueError: the statement's table cannot be read from its text.
        """
        caller = sys._getframe(1)  # noqa: SLF001 - how the standard library finds a caller, as in collections.namedtuple
        self.module: str = caller.f_globals["__name__"]
        self._line = caller.f_lineno
        self.sqlite = " ".join(text.split())
        self.verb, self.table = _verb_and_table(self.sqlite, f"{self.module}, line {self._line}")
        self.combinable = combinable
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(self.sqlite)))
        self.postgres = _PARAMETER.sub(lambda match: f"${self.names.index(match[1]) + 1}", self.sqlite)
        STATEMENTS.append(self)

    @property
    def name(self) -> str:
        """The module's constant that holds the statement, or the line where it was made."""
        constants = vars(sys.modules[self.module]).items()
        return next((name for name, value in constants if value is self), f"line {self._line}")

    def collides_with(self, other: "Statement") -> bool:
        """Tell whether both write to one table and are not declared combinable."""
        return self.table == other.table and not (self.combinable and other.combinable)

    def __repr__(self) -> str:
        return f"{self.module}.{self.name} ({self.verb} {self.table})"


def _verb_and_table(sql: str, location: str) -> tuple[str, str]:
    # Sub-queries in the list of columns have tables of their own; one in FROM has the table that is read.
    outer = sql
    while (shorter := _INNERMOST_PARENTHESES.sub("?", outer)) != outer:
        outer = shorter
    found = _WRITE.match(sql) or _READ.match(outer) or _READ.match(sql)
    if found is None:
        raise ValueError(
            f"{location}: begin a statement with its verb in capitals and its table, unlike {sql!r}"
        )
    verb, table = filter(None, found.groups())
    return verb, table


@lru_cache(maxsize=1024)
def batched(statements: tuple[Statement, ...]) -> tuple[tuple[str, int], ...]:
    """Return deferred writes as PostgreSQL statements, as few as possible, each with its number of arguments.

    A write that collides with an earlier one begins another statement and so sees what that one wrote, as on SQLite. That
    costs a round trip, and the tests refuse it: its author either declares both combinable or executes one.
    """
    batches: list[list[Statement]] = []
    for statement in statements:
        if not batches or any(map(statement.collides_with, batches[-1])):
            batches.append([])
        batches[-1].append(statement)
    return tuple((_combined(batch), sum(len(each.names) for each in batch)) for batch in batches)


def _combined(statements: list[Statement]) -> str:
    """Return writes as one PostgreSQL statement, a data-modifying WITH; their arguments follow one another.

    None of them sees what a transaction it waits for adds.

    They are listed from the last to the first because PostgreSQL runs what nothing reads in that order
    (ExecPostprocessPlan). Locks are then taken in the order of the calls, and no two transactions that touch
    the same rows in one order wait for each other; if that ever changes, deadlocks are retried.
    """
    only, *more = statements
    if not more:
        return only.postgres
    parts: list[str] = []
    offset = 0
    for number, statement in enumerate(statements):
        shifted = _PLACEHOLDER.sub(partial(_shifted, offset), statement.postgres)
        parts.append(f"w{number} AS ({shifted})")
        offset += len(statement.names)
    return f"WITH {', '.join(reversed(parts))} SELECT 1"


def _shifted(offset: int, match: re.Match[str]) -> str:
    return f"${int(match[1]) + offset}"
