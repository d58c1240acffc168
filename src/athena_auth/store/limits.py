"""How long a database may take, and what lies between it and the server."""

import msgspec


class StoreLimits(msgspec.Struct, frozen=True):
    """Limits of a store; the settings of the same names describe each."""

    database_timeout: float = 5.0
    """Seconds to accept a connection, and for a whole transaction."""
    lock_timeout: float = 2.0
    """Seconds to wait for a lock."""
    prepared_statements: bool = True
    """Whether a statement that was prepared on a connection is there for the next transaction."""
