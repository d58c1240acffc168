"""Statements on `athena_session`, except the INSERT, which is private to `mint`."""

from functools import lru_cache

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions.model import Amr, Assurance, Level, Session
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx
from athena_auth.wire.caller import ClientInfo

_EXTEND = Statement("""
    UPDATE athena_session SET updated_at = :now, expires_at = :expires_at
    WHERE id = :id AND updated_at = :seen
""")

_LOCK_LIVE = Statement("""
    UPDATE athena_session SET level = level WHERE token_digest = :token_digest AND expires_at > :now RETURNING *
""")

_RAISE = Statement("""
    UPDATE athena_session
    SET level = :level, amr = :amr, proven_at = :proven_at, passkey_verified_at = :passkey_verified_at,
        token_digest = :token_digest
    WHERE id = :id
""")
_ROTATE = Statement("UPDATE athena_session SET token_digest = :token_digest WHERE id = :id")
_LOWER = Statement("""
    UPDATE athena_session SET level = :level, amr = :amr, passkey_verified_at = NULL WHERE id = :id
""")

_ALL_LIVE = Statement("""
    SELECT * FROM athena_session WHERE user_id = :user_id AND expires_at > :now ORDER BY created_at DESC, id DESC
    LIMIT :most
""")

_BEGAN_SINCE = Statement("""
    SELECT id FROM athena_session WHERE user_id = :user_id AND created_at > :since LIMIT 1
""")

_END = Statement("DELETE FROM athena_session WHERE user_id = :user_id AND id = :id")
_END_TOKEN = Statement("DELETE FROM athena_session WHERE token_digest = :token_digest", combinable=True)
_END_OF_OWNER = Statement("""
    DELETE FROM athena_session WHERE user_id = :user_id AND token_digest = :token_digest
""")
_END_OTHERS = Statement(
    "DELETE FROM athena_session WHERE user_id = :user_id AND id <> :keep AND level < :below"
)

_ABOVE_ALL = Level.TWO + 1

MOST_SESSIONS = 100
"""The maximum number of sessions of one account."""

# Identifiers are ordered by time. The large number is for SQLite, which has no OFFSET without LIMIT.
# A session that ends in the same transaction is not counted: whether its row is still there depends on the database.
_END_OLDEST = Statement(
    """
    DELETE FROM athena_session WHERE id IN
    (SELECT id FROM athena_session WHERE user_id = :user_id AND token_digest <> :ended
     ORDER BY id DESC LIMIT 1000000 OFFSET :kept)
    """,
    combinable=True,
)
_END_OF_DEVICE = Statement("DELETE FROM athena_session WHERE user_id = :user_id AND device_id = :device_id")

SWEEP = Statement("""
    DELETE FROM athena_session WHERE id IN
    (SELECT id FROM athena_session WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


def session_from(row: Row) -> Session:
    """Read a session from the columns of `athena_session`."""
    return Session(
        id=row["id"],
        user_id=row["user_id"],
        assurance=_assurance(row["level"], row["amr"]),
        proven_at=row["proven_at"],
        lifetime=row["lifetime"],
        persistent=bool(row["persistent"]),
        client=ClientInfo(row["address"], row["user_agent"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        passkey_verified_at=row["passkey_verified_at"],
    )


@lru_cache(maxsize=256)
def _assurance(level: int, amr: str) -> Assurance:
    # There are few combinations, and every request with a session needs this.
    return Assurance(Level(level), tuple(amr.split()))


def end_oldest(tx: Tx, user_id: UserId, *, ended: bytes) -> None:
    """End the account's oldest sessions, so that one more makes `MOST_SESSIONS` at most.

    The session of the token digest `ended`, which this transaction ends too, does not count; empty when there is none.
    """
    tx.defer(_END_OLDEST, user_id=user_id, ended=ended, kept=MOST_SESSIONS - 1)


async def end_of_device(tx: Tx, user_id: UserId, device_id: str) -> None:
    """End the sessions that were created with this trusted device of the account."""
    await tx.execute(_END_OF_DEVICE, user_id=user_id, device_id=device_id)


async def extend(runner: Runner, session: Session, expires_at: Millis, now: Millis) -> bool:
    """Extend the session; False when a concurrent request has extended it, or it has ended."""
    changed = await runner.execute(
        _EXTEND, id=session.id, seen=session.updated_at, now=now, expires_at=expires_at
    )
    return changed == 1


async def lock_live(tx: Tx, token_digest: bytes, now: Millis) -> Session | None:
    """Lock the live session of this token until the transaction ends, and load it.

    None means that the session has ended or its token was rotated in the meantime: a concurrent request with the old
    token must not act.
    """
    row = await tx.fetch_one(_LOCK_LIVE, token_digest=token_digest, now=now)
    return None if row is None else session_from(row)


def store_raised(tx: Tx, raised: Session, token_digest: bytes) -> None:
    """Store the higher assurance of a locked session (`rules.raised`), and its token."""
    tx.defer(
        _RAISE,
        id=raised.id,
        level=raised.assurance.level,
        amr=" ".join(raised.assurance.amr),
        proven_at=raised.proven_at,
        passkey_verified_at=raised.passkey_verified_at,
        token_digest=token_digest,
    )


def rotate(tx: Tx, session_id: SessionId, token_digest: bytes) -> None:
    """Replace the token of a locked session."""
    tx.defer(_ROTATE, id=session_id, token_digest=token_digest)


async def lower(tx: Tx, session_id: SessionId) -> None:
    """Lower a session to level one, because the account no longer has a second factor."""
    await tx.execute(_LOWER, id=session_id, level=Level.ONE, amr=Amr.PASSWORD)


async def all_live(tx: Tx, user_id: UserId, now: Millis) -> list[Session]:
    """Load the account's live sessions, newest first."""
    return [
        session_from(row)
        for row in await tx.fetch_all(_ALL_LIVE, user_id=user_id, now=now, most=MOST_SESSIONS)
    ]


async def began_since(tx: Tx, user_id: UserId, since: Millis) -> bool:
    """Tell whether the account has a session, possibly expired, that was created after `since`."""
    return await tx.fetch_one(_BEGAN_SINCE, user_id=user_id, since=since) is not None


async def end(tx: Tx, user_id: UserId, session_id: SessionId) -> bool:
    """End one session of this account; False when the account has no session with this id."""
    return await tx.execute(_END, user_id=user_id, id=session_id) == 1


def end_token(tx: Tx, token_digest: bytes) -> None:
    """End the session of this token, regardless of its owner."""
    tx.defer(_END_TOKEN, token_digest=token_digest)


async def end_of_owner(tx: Tx, user_id: UserId, token_digest: bytes) -> bool:
    """End the session of this token if this account owns it."""
    return await tx.execute(_END_OF_OWNER, user_id=user_id, token_digest=token_digest) == 1


async def end_others(tx: Tx, user_id: UserId, keep: SessionId | None, below: Level | None = None) -> None:
    """End the account's sessions except `keep`: all of them, or only those below a level."""
    await tx.execute(
        _END_OTHERS, user_id=user_id, keep=keep or "", below=_ABOVE_ALL if below is None else below
    )
