"""Finds the server's own statements, whichever module they are in."""

# Importing the server registers its statements.
import athena_auth.wiring  # noqa: F401
from athena_auth.store.statement import STATEMENTS, Statement


def server_statement(table: str, name: str) -> Statement:
    """Return the server's statement on a table by the name of its constant.

    Raises:
        LookupError: there is none, or more than one: the server has changed, and the floor must follow.
    """
    found = [each for each in STATEMENTS if (each.table, each.name) == (table, name)]
    if len(found) != 1:
        raise LookupError(
            f"the server has {len(found)} statements {name} on {table}; correct floor/requests.py"
        )
    return found[0]
