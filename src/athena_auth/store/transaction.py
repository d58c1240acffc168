"""The interface of a database, and its time limits.

A use case passes its work to `Store.transact` as a coroutine function that awaits nothing but its `tx`.
The design depends on that restriction: on PostgreSQL each await is a round trip; on SQLite none of
them ever suspends, so a writer thread can drive the whole coroutine to its end in one go, without a thread
hop per statement. It also keeps slow things out of transactions by construction.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from athena_auth.store.statement import Statement


class StoreLimits(msgspec.Struct, frozen=True):
    """Limits of a store. The settings of the same names describe them."""

    database_timeout: float = 5.0
    """Seconds to accept a connection, and for a whole transaction."""
    lock_timeout: float = 2.0
    """Seconds to wait for a lock."""
    prepared_statements: bool = True
    """Whether a prepared statement is still there in the connection's next transaction; behind some poolers it is not."""


T = TypeVar("T")
Value = str | int | bytes | bool | None

NOT_OPEN = "the database is not open; run the server's lifespan in that of the application it is mounted in"

DEFER_CHECKS: list[Callable[[Sequence[Statement], Statement], None]] = []
"""Called by `Tx.defer` with the writes deferred so far and the next one. Empty when serving: the tests refuse collisions here."""


class Row(Protocol):
    """One row, by column name."""

    def __getitem__(self, column: str, /) -> Any:
        """Return the column's value."""
        ...


class Runner(Protocol):
    """Runs one statement: inside a transaction (`Tx`), or as a transaction of its own (`Store`)."""

    async def execute(self, statement: Statement, **parameters: Value) -> int:
        """Run a statement and return how many rows it changed: of a guarded write, whether it applied."""
        ...

    async def fetch_one(self, statement: Statement, **parameters: Value) -> Row | None:
        """Run a statement and return its first row, or None."""
        ...

    async def fetch_all(self, statement: Statement, **parameters: Value) -> list[Row]:
        """Run a statement and return all its rows."""
        ...


class Tx(Runner, Protocol):
    """An open transaction. It has no commit method: when the work returns it is committed, on an exception rolled back."""

    def defer(self, statement: Statement, **parameters: Value) -> None:
        """Run a write whose row count nobody needs after the work has returned, just before the commit.

        Deferred writes go to PostgreSQL as one statement, which saves a round trip each. Two writes to one table
        do so only if both are `combinable` (see `Statement`), and the tests refuse others. Reads of the same
        transaction do not see deferred writes.
        """
        ...

    def on_commit(self, action: Callable[[], None]) -> None:
        """Call something quick on the event loop when the commit is durable; never, if it fails."""
        ...

    def publish(self, fact: object) -> None:
        """Pass a fact to the store's listeners when the commit is durable; never, if it fails."""
        ...


Work = Callable[[Tx], Awaitable[T]]
Listener = Callable[[object], None]
"""Called on the event loop with what was published: it must be quick and must not raise."""


class UniqueViolation(Exception):  # noqa: N818 - whether it is an error depends on the use case
    """A row with this key already exists."""


class OwnerGone(Exception):  # noqa: N818 - as above
    """A write was for an account that has just been deleted."""


class Store(Runner, Protocol):
    """A database with its schema in place."""

    def listen(self, listener: Listener) -> None:
        """Add a listener for what this process's transactions publish; before `open`."""
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
            Unavailable: the database cannot be reached, or all connections are busy.
            UniqueViolation: a row with this key already exists; the transaction was rolled back.
            OwnerGone: the account was deleted meanwhile; the transaction was rolled back.
        """
        ...
