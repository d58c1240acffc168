"""Which PostgreSQL errors are outages, by SQLSTATE class, and what an operator can do about each.

The appendix "PostgreSQL Error Codes" of its manual lists them; poolers add codes of their own in the same classes. A list
of exception classes would be incomplete.
"""

import asyncpg
import msgspec

from athena_auth.kernel.errors import Unavailable


class _Cause(msgspec.Struct, frozen=True):
    what: str
    advice: str
    keeps_connection: bool = False


_LOCKED = _Cause(
    "another transaction holds what this one needs",
    "look for long transactions, or raise ATHENA_LOCK_TIMEOUT",
    keeps_connection=True,
)
_LATE = _Cause("the database ended a transaction that took too long", "look for what held it up")
_PREPARED = _Cause(
    "a pooler does not keep prepared statements", "set ATHENA_PREPARED_STATEMENTS=off, or have it track them"
)
_SCHEMA = _Cause("the tables are missing or older than this program", "run athena-auth migrate")

# By the beginning of the SQLSTATE; the longest match applies.
_CAUSES = {
    "08": _Cause("the connection broke", "look whether the database or a pooler was restarted"),
    "08P01": _Cause("a pooler or the database ended the connection", "read the log of the pooler"),
    "25006": _Cause(
        "the database is read-only",
        "it may be a standby: name every host in ATHENA_DATABASE_URL with target_session_attrs=read-write",
    ),
    "25P03": _LATE,
    "25P04": _LATE,
    "26000": _PREPARED,
    "28": _Cause("the database refuses this role", "check the user and the password in ATHENA_DATABASE_URL"),
    "3D000": _Cause("there is no such database", "create it, or correct ATHENA_DATABASE_URL"),
    "3F000": _SCHEMA,
    "42501": _Cause(
        "the role lacks a privilege", "grant it; docs/operating.md lists what a serving role needs"
    ),
    "42P01": _SCHEMA,
    "42P05": _PREPARED,
    "42703": _SCHEMA,
    "53": _Cause("the database is out of a resource", "look at its disk, memory and max_connections"),
    "53100": _Cause("the database's disk is full", "make room on it"),
    "53300": _Cause("the database takes no more connections", "raise max_connections, or use a pooler"),
    "55P03": _LOCKED,
    "57": _Cause("the database is shutting down, starting, or was told to stop", "wait for it, or start it"),
    "57014": _Cause(
        "a statement took too long",
        "look at the load of the database, or raise ATHENA_DATABASE_TIMEOUT",
        keeps_connection=True,
    ),
    "58": _Cause("the database met an error of its operating system", "read its log"),
    "XX": _Cause("the database met an internal error", "read its log"),
}
_RETRY_AFTER = 2
"""Seconds. A failover or a restart takes longer, and earlier retries only add load."""


def outage_of(error: Exception) -> Unavailable | None:
    """Return the outage that a driver's error means; None when the error is a bug of this program."""
    if isinstance(error, asyncpg.PostgresError):
        cause = _cause(error.sqlstate or "")
        if cause is None:
            return None
        text = f"PostgreSQL: {cause.what}; {cause.advice} ({error.sqlstate}: {error})"
        return Unavailable(text, retry_after=1 if cause.keeps_connection else _RETRY_AFTER)
    if isinstance(error, TimeoutError):
        return Unavailable("PostgreSQL did not answer in time; look whether it can be reached")
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return Unavailable(
            "PostgreSQL: no host of ATHENA_DATABASE_URL has the target_session_attrs asked for", retry_after=2
        )
    if isinstance(error, OSError | asyncpg.InternalClientError):
        return Unavailable(f"PostgreSQL is out of reach: {type(error).__name__}: {error}", retry_after=2)
    return None


def keeps_connection(error: Exception) -> bool:
    """Return whether the connection can still be used: the database answered, and did not shut down or change its role."""
    if not isinstance(error, asyncpg.PostgresError):
        return not isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)
    cause = _cause(error.sqlstate or "")
    return cause is None or cause.keeps_connection


def _cause(sqlstate: str) -> _Cause | None:
    return next((_CAUSES[part] for n in (5, 3, 2) if (part := sqlstate[:n]) in _CAUSES), None)
