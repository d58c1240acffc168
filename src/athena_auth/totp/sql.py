"""Statements on `athena_totp_authenticator`, which has at most one active and one pending row for each account."""

from athena_auth.challenge.model import Change
from athena_auth.crypto.totp import Algorithm, Parameters
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx
from athena_auth.totp.model import Authenticator, State

_LOAD = Statement("SELECT * FROM athena_totp_authenticator WHERE user_id = :user_id")

_INSERT_PENDING = Statement("""
    INSERT INTO athena_totp_authenticator (id, user_id, state, sealed_secret, issuer, algorithm, digits, period,
                                           last_step, created_at)
    VALUES (:id, :user_id, :state, :sealed_secret, :issuer, :algorithm, :digits, :period, :last_step, :created_at)
    ON CONFLICT (user_id, state) DO UPDATE
    SET id = excluded.id, sealed_secret = excluded.sealed_secret, issuer = excluded.issuer,
        algorithm = excluded.algorithm, digits = excluded.digits, period = excluded.period,
        last_step = excluded.last_step, created_at = excluded.created_at
""")

_ADVANCE = Statement("""
    UPDATE athena_totp_authenticator SET last_step = :step, last_used_by = :browser
    WHERE id = :id AND last_step < :step
""")

_REUSE_ELSEWHERE = Statement("""
    UPDATE athena_totp_authenticator SET last_used_by = :browser WHERE id = :id AND last_used_by <> :browser
""")

_RESEAL = Statement("""
    UPDATE athena_totp_authenticator SET sealed_secret = :sealed_secret WHERE id = :id
""")

_DROP_STATE = Statement("DELETE FROM athena_totp_authenticator WHERE user_id = :user_id AND state = :state")

_DROP_PENDING = Statement("""
    DELETE FROM athena_totp_authenticator WHERE user_id = :user_id AND state = 'pending'
""")

_HOLD_PENDING = Statement("""
    UPDATE athena_totp_authenticator SET state = state
    WHERE id = :id AND state = :pending AND last_step < :step
""")

_CONFIRM = Statement("""
    UPDATE athena_totp_authenticator SET state = :active, confirmed_at = :now, last_step = :step, last_used_by = :browser
    WHERE id = :id AND state = :pending AND last_step < :step
""")

_LAST_STEP = "CAST(:now AS BIGINT) / (period * 1000) + :window"
_USE_UP = Statement(f"""
    UPDATE athena_totp_authenticator
    SET last_step = CASE WHEN last_step > {_LAST_STEP} THEN last_step ELSE {_LAST_STEP} END, last_used_by = NULL
    WHERE id IN (SELECT id FROM athena_totp_authenticator WHERE id > :first ORDER BY id LIMIT :most)
    RETURNING id
""")  # noqa: S608 - composed of this file's own words

_DROP_ALL = Statement("DELETE FROM athena_totp_authenticator WHERE user_id = :user_id")


def _authenticator(row: Row) -> Authenticator:
    return Authenticator(
        id=row["id"],
        user_id=row["user_id"],
        state=State(row["state"]),
        sealed_secret=row["sealed_secret"],
        issuer=row["issuer"],
        parameters=Parameters(Algorithm(row["algorithm"]), row["digits"], row["period"]),
        last_step=row["last_step"],
        created_at=row["created_at"],
    )


async def load(tx: Tx, user_id: UserId) -> list[Authenticator]:
    """Load the account's authenticators; their secrets are sealed."""
    return [_authenticator(row) for row in await tx.fetch_all(_LOAD, user_id=user_id)]


def insert_pending(tx: Tx, authenticator: Authenticator) -> None:
    """Store the pending authenticator and replace an earlier pending one; an active one stays (I6)."""
    tx.defer(
        _INSERT_PENDING,
        id=authenticator.id,
        user_id=authenticator.user_id,
        state=authenticator.state,
        sealed_secret=authenticator.sealed_secret,
        issuer=authenticator.issuer,
        algorithm=authenticator.parameters.algorithm,
        digits=authenticator.parameters.digits,
        period=authenticator.parameters.period,
        last_step=authenticator.last_step,
        created_at=authenticator.created_at,
    )


async def advance(tx: Tx, authenticator_id: str, step: int, browser: bytes) -> bool:
    """Consume all time steps up to this one; False when this or a later one has been consumed."""
    return await tx.execute(_ADVANCE, id=authenticator_id, step=step, browser=browser) == 1


async def is_reuse_elsewhere(tx: Tx, authenticator_id: str, browser: bytes) -> bool:
    """Tell whether another browser used the last code, and store this one: the owner is warned of each browser once."""
    return await tx.execute(_REUSE_ELSEWHERE, id=authenticator_id, browser=browser) == 1


def reseal(tx: Tx, authenticator_id: str, sealed_secret: bytes) -> None:
    """Store the re-encrypted secret."""
    tx.defer(_RESEAL, id=authenticator_id, sealed_secret=sealed_secret)


async def lock_pending(tx: Tx, authenticator_id: str, step: int) -> bool:
    """Lock a pending authenticator that a code of this step can confirm; False when it no longer exists."""
    return await tx.execute(_HOLD_PENDING, id=authenticator_id, pending=State.PENDING, step=step) == 1


async def drop_active(tx: Tx, user_id: UserId) -> None:
    """Delete the active authenticator."""
    await tx.execute(_DROP_STATE, user_id=user_id, state=State.ACTIVE)


async def confirm(tx: Tx, authenticator_id: str, step: int, browser: bytes, now: Millis) -> bool:
    """Activate a pending authenticator and consume this time step; False when it is no longer pending."""
    changed = await tx.execute(
        _CONFIRM,
        id=authenticator_id,
        active=State.ACTIVE,
        pending=State.PENDING,
        step=step,
        browser=browser,
        now=now,
    )
    return changed == 1


async def use_up_steps(runner: Runner, now: Millis, *, window: int, most: int) -> None:
    """Consume the time steps of all authenticators up to `window` after the current one, `most` rows at a time.

    The browser of the last code is cleared, so that no owner is warned of a code that nobody has seen.
    """
    first = ""
    while rows := await runner.fetch_all(_USE_UP, now=now, window=window, first=first, most=most):
        first = max(row["id"] for row in rows)


def drop_pending(tx: Tx, user_id: UserId) -> None:
    """Delete the pending authenticator."""
    tx.defer(_DROP_PENDING, user_id=user_id)


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Delete all authenticators when the factors are removed, and a pending one when the password is replaced."""
    if change.removes_factors:
        return (_DROP_ALL,)
    return (_DROP_PENDING,) if change.replaces_password else ()
