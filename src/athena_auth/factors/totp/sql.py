"""Statements on the rows of `athena_authenticator` that belong to authenticator apps, across accounts."""

from athena_auth.factors.totp.rules import details_of
from athena_auth.kernel.clock import Millis
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Store, Tx

_BATCH = 100
_ID_NAMES = tuple(f"id_{n}" for n in range(_BATCH))

_LOAD_BATCH = Statement("""
    SELECT id, details FROM athena_authenticator WHERE factor = 'totp' AND id > :first ORDER BY id LIMIT :most
""")
_CONSUME_STEPS = Statement(f"""
    UPDATE athena_authenticator
    SET counter = CASE WHEN counter > :step THEN counter ELSE :step END, last_used_by = NULL
    WHERE id IN ({", ".join(f":{name}" for name in _ID_NAMES)})
""")  # noqa: S608 - composed of this file's own words


async def consume_steps(store: Store, now: Millis, *, window: int) -> None:
    """Consume the time steps of all authenticators up to `window` after the current one, in batches.

    The browser of the last code is cleared, so that no owner is warned of a code that nobody has seen.
    """
    first: str | None = ""
    while first is not None:
        last = first

        async def consume_batch(tx: Tx, first: str = last) -> str | None:
            return await _consume_batch(tx, first, now, window)

        first = await store.transact(consume_batch)


async def _consume_batch(tx: Tx, first: str, now: Millis, window: int) -> str | None:
    """Consume the steps of the next rows after the id `first`; return the last id, or None when no rows are left."""
    rows = await tx.fetch_all(_LOAD_BATCH, first=first, most=_BATCH)
    by_step: dict[int, list[str]] = {}
    for row in rows:
        step = now // (details_of(row["details"]).period * 1000) + window
        by_step.setdefault(step, []).append(row["id"])
    for step, ids in by_step.items():
        padded = ids + ids[-1:] * (_BATCH - len(ids))
        await tx.execute(_CONSUME_STEPS, step=step, **dict(zip(_ID_NAMES, padded, strict=True)))
    return rows[-1]["id"] if rows else None
