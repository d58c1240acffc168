"""Time limits of a database, and what the pooler in front of it supports."""

import msgspec


class StoreLimits(msgspec.Struct, frozen=True):
    """Limits of a store. The settings of the same names describe them."""

    database_timeout: float = 5.0
    """Seconds to accept a connection, and for a whole transaction."""
    lock_timeout: float = 2.0
    """Seconds to wait for a lock."""
    prepared_statements: bool = True
    """Whether a prepared statement is still there in the connection's next transaction; behind some poolers it is not."""
