"""The statements that a server runs, as tests count and compare them."""

from collections.abc import Callable
from typing import Any

import pytest

from athena_auth.store.postgres import _PostgresTx
from athena_auth.store.sqlite import _SqliteTx
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Value


def recorded_statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with what transactions run or defer, apart from the delivery of mail."""
    recorded: list[str] = []

    def records(method: Callable[..., Any]) -> Callable[..., Any]:
        def recording(tx: object, statement: Statement, **values: Value) -> Any:
            if statement.module != "athena_auth.delivery.sql" or statement.verb == "INSERT":
                recorded.append(f"{statement.verb} {statement.table}")
            return method(tx, statement, **values)

        return recording

    for kind in (_SqliteTx, _PostgresTx):
        for name in ("fetch_one", "fetch_all", "execute", "defer"):
            monkeypatch.setattr(kind, name, records(getattr(kind, name)))
    return recorded
