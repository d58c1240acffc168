"""What the rest of the house sees of a database.

A use case hands its work to `Store.transact` as a coroutine function that awaits nothing but its `tx`.
The design depends on that restriction: on PostgreSQL each await is a round trip; on SQLite none of
them ever suspends, so a writer thread can drive the whole coroutine to its end in one go, without a thread
hop per statement. It also keeps slow things out of transactions by construction.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from athena_auth.store.statement import Statement

T = TypeVar("T")
Value = str | int | bytes | bool | None

NOT_OPEN = "the database is not open; run the server's lifespan in that of the application it is mounted in"


class Row(Protocol):
    """One row, by column name."""

    def __getitem__(self, column: str, /) -> Any:
        """Return the column's value."""
        ...


class Runner(Protocol):
    """Runs one statement: inside a transaction (`Tx`), or as a transaction of its own (`Store`)."""

    async def execute(self, statement: Statement, **parameters: Value) -> int:
        """Run a statement and return how many rows it changed: the verdict of a guarded write."""
        ...

    async def fetch_one(self, statement: Statement, **parameters: Value) -> Row | None:
        """Run a statement and return its first row, or None."""
        ...

    async def fetch_all(self, statement: Statement, **parameters: Value) -> list[Row]:
        """Run a statement and return all its rows."""
        ...


class Tx(Runner, Protocol):
    """An open transaction. It has no commit: the work's return commits, an exception rolls back."""

    def defer(self, statement: Statement, **parameters: Value) -> None:
        """Put off a write whose row count nobody needs until the work has returned, just before the commit.

        All that were put off go to PostgreSQL together, as one statement (`statement.combined`): they save a
        round trip each. Reads of the same transaction do not see them.
        """
        ...

    def on_commit(self, action: Callable[[], None]) -> None:
        """Have something quick done on the event loop when the commit is durable; never, if it fails."""
        ...

    def publish(self, fact: object) -> None:
        """Hand a fact to whoever listens at this store, when the commit is durable; never, if it fails."""
        ...


Work = Callable[[Tx], Awaitable[T]]
Listener = Callable[[object], None]
"""Takes what was published, on the event loop: it must be quick and must not raise."""


class UniqueViolation(Exception):  # noqa: N818 - it names what happened; whether it is an error, the use case knows
    """A write met a row that is there already."""


class OwnerGone(Exception):  # noqa: N818 - as above
    """A write was for an account that has just been deleted."""


class Store(Runner, Protocol):
    """A database with its schema in place."""

    def listen(self, listener: Listener) -> None:
        """Have a listener told what this process's transactions publish; before the store is opened."""
        ...

    async def open(self) -> None:
        """Connect. Raises `Unavailable` when the database cannot be reached."""
        ...

    async def close(self) -> None:
        """Finish what is running and disconnect."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run work that only reads; each statement sees what is committed at that moment."""
        ...

    async def transact(self, work: Work[T]) -> T:
        """Run work as one transaction: all of it is durable when this returns, or none of it ever was.

        The work may be run again from its start when the database asks for it (a deadlock), so it must not
        touch anything but its `tx`.

        Raises:
            Unavailable: the database is out of reach or has no connection to spare.
            UniqueViolation: a row is there already; the transaction was rolled back.
            OwnerGone: the account was deleted meanwhile; the transaction was rolled back.
        """
        ...
