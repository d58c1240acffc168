"""Refuses, in tests, deferred writes that PostgreSQL cannot run in one round trip."""

import contextlib
from collections.abc import Iterator, Sequence

from athena_auth.store.statement import Statement
from athena_auth.store.transaction import DEFER_CHECKS


class CollidingWrites(AssertionError):  # noqa: N818 - it names what was found
    """A transaction defers two writes to one table that are not declared combinable."""


def refuse_collisions(deferred: Sequence[Statement], statement: Statement) -> None:
    """Check a write that is about to be deferred against those of its transaction.

    Raises:
        CollidingWrites: it may not be combined with one of them.
    """
    for earlier in deferred:
        if statement.collides_with(earlier):
            raise CollidingWrites(
                f"one transaction defers {earlier!r} and {statement!r}, which are not both `combinable`: "
                "declare them so if they keep what `Statement` says of that, or execute one of them"
            )


@contextlib.contextmanager
def collisions_allowed() -> Iterator[None]:
    """Do not check deferred writes, as in a running server."""
    DEFER_CHECKS.remove(refuse_collisions)
    try:
        yield
    finally:
        DEFER_CHECKS.append(refuse_collisions)
