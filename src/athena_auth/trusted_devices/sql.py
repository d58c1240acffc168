"""Statements on `athena_trusted_device`."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.model import Change
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Runner, Tx
from athena_auth.wire.caller import ClientInfo


class TrustedDevice(msgspec.Struct, frozen=True):
    """A trusted browser, without its token: the database has only the token's digest."""

    id: str
    client: ClientInfo
    """The client of its last use."""
    created_at: Millis
    last_used_at: Millis
    expires_at: Millis
    is_current: bool
    """Whether this is the browser that sent the request."""


MOST_DEVICES = 10
"""The maximum number of trusted devices of one account."""

_INSERT = Statement(
    """
    INSERT INTO athena_trusted_device (id, user_id, token_digest, family_digest, address, user_agent, created_at,
                                       last_used_at, expires_at)
    VALUES (:id, :user_id, :token_digest, :family, :address, :user_agent, :now, :now, :expires_at)
    """,
    combinable=True,
)

# Identifiers are ordered by time. The large number is for SQLite, which has no OFFSET without LIMIT.
# Called before a device is added, never after: it would count that one on SQLite only.
_END_OLDEST = Statement(
    """
    DELETE FROM athena_trusted_device WHERE id IN
    (SELECT id FROM athena_trusted_device WHERE user_id = :user_id ORDER BY id DESC LIMIT 1000000 OFFSET :kept)
    """,
    combinable=True,
)

_ROTATE = Statement("""
    UPDATE athena_trusted_device
    SET token_digest = :successor, previous_digest = token_digest, family_digest = :family, rotated_at = :now,
        address = :address, user_agent = :user_agent, last_used_at = :now, expires_at = :expires_at
    WHERE token_digest = :shown AND user_id = :user_id AND expires_at > :now
    RETURNING id
""")

_LOAD_FAMILY = Statement("""
    SELECT id, previous_digest, rotated_at FROM athena_trusted_device
    WHERE family_digest = :family AND user_id = :user_id AND expires_at > :now
""")

_IS_LIVE = Statement("""
    SELECT id FROM athena_trusted_device
    WHERE token_digest = :token_digest AND user_id = :user_id AND expires_at > :now
""")

_ALL_LIVE = Statement("""
    SELECT id, address, user_agent, created_at, last_used_at, expires_at, token_digest = :own AS is_current
    FROM athena_trusted_device WHERE user_id = :user_id AND expires_at > :now
    ORDER BY last_used_at DESC, id DESC
""")

_COUNT_LIVE = Statement("""
    SELECT COUNT(*) AS devices FROM athena_trusted_device WHERE user_id = :user_id AND expires_at > :now
""")

_END = Statement("""
    DELETE FROM athena_trusted_device WHERE id = :id AND user_id = :user_id AND expires_at > :now
    RETURNING token_digest = :own AS is_current
""")

_OPENS_SOMETHING = Statement("""
    SELECT id FROM athena_trusted_device WHERE token_digest = :token_digest AND expires_at > :now
""")

# Combinable: a device that is trusted with the change (a code that confirms a factor) is inserted after this was deferred. A
# combined statement deletes what was there before it, and so does a sequence in that order.
_END_ALL = Statement("DELETE FROM athena_trusted_device WHERE user_id = :user_id", combinable=True)

SWEEP = Statement("""
    DELETE FROM athena_trusted_device WHERE id IN
    (SELECT id FROM athena_trusted_device WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


def _trusted_device(row: Row) -> TrustedDevice:
    return TrustedDevice(
        id=row["id"],
        client=ClientInfo(row["address"], row["user_agent"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        is_current=bool(row["is_current"]),
    )


class NewDevice(msgspec.Struct, frozen=True):
    """A device to trust, with the digests of its token and of the token's family."""

    id: str
    user_id: UserId
    token_digest: bytes
    family_digest: bytes


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """The replacement of one token with another, by their digests."""

    shown: bytes
    successor: bytes
    family: bytes
    now: Millis
    expires_at: Millis


class Family(msgspec.Struct, frozen=True):
    """A live device, and the digest of its previous token."""

    id: str
    previous_digest: bytes | None
    rotated_at: Millis


def insert(tx: Tx, device: NewDevice, client: ClientInfo, *, now: Millis, expires_at: Millis) -> None:
    """Store a new trusted device."""
    tx.defer(
        _INSERT,
        id=device.id,
        user_id=device.user_id,
        token_digest=device.token_digest,
        family=device.family_digest,
        address=client.address,
        user_agent=client.user_agent,
        now=now,
        expires_at=expires_at,
    )


def end_oldest(tx: Tx, user_id: UserId) -> None:
    """Delete the account's oldest devices, so that one more does not exceed `MOST_DEVICES`."""
    tx.defer(_END_OLDEST, user_id=user_id, kept=MOST_DEVICES - 1)


async def rotate(tx: Tx, user_id: UserId, rotation: Rotation, client: ClientInfo) -> str | None:
    """Replace a token with its successor and return the device's id.

    None means that the token has been used, has expired or belongs to another account.
    """
    row = await tx.fetch_one(
        _ROTATE,
        user_id=user_id,
        address=client.address,
        user_agent=client.user_agent,
        **msgspec.structs.asdict(rotation),
    )
    return None if row is None else str(row["id"])


async def load_family(tx: Tx, user_id: UserId, family: bytes, now: Millis) -> Family | None:
    """Load the account's live device with this token family."""
    row = await tx.fetch_one(_LOAD_FAMILY, family=family, user_id=user_id, now=now)
    return None if row is None else Family(row["id"], row["previous_digest"], row["rotated_at"])


async def is_live(runner: Runner, user_id: UserId, token_digest: bytes, now: Millis) -> bool:
    """Tell whether this is the current token of a live device of the account."""
    return await runner.fetch_one(_IS_LIVE, token_digest=token_digest, user_id=user_id, now=now) is not None


async def opens_something(runner: Runner, token_digest: bytes, now: Millis) -> bool:
    """Tell whether this is the current token of a live device of any account."""
    return await runner.fetch_one(_OPENS_SOMETHING, token_digest=token_digest, now=now) is not None


async def all_live(tx: Tx, user_id: UserId, own: bytes | None, now: Millis) -> list[TrustedDevice]:
    """Load the account's live devices, most recently used first; `own` is the digest of the caller's token."""
    rows = await tx.fetch_all(_ALL_LIVE, user_id=user_id, own=own, now=now)
    return [_trusted_device(row) for row in rows]


async def count_live(tx: Tx, user_id: UserId, now: Millis) -> int:
    """Return the number of the account's live devices."""
    row = await tx.fetch_one(_COUNT_LIVE, user_id=user_id, now=now)
    return 0 if row is None else int(row["devices"])


async def end(tx: Tx, user_id: UserId, device_id: str, own: bytes | None, now: Millis) -> bool | None:
    """Delete a device, and tell whether it was the caller's own; None when the account has no such device."""
    row = await tx.fetch_one(_END, id=device_id, user_id=user_id, own=own, now=now)
    return None if row is None else bool(row["is_current"])


async def end_all(tx: Tx, user_id: UserId) -> int:
    """Delete all devices of the account; return their number."""
    return await tx.execute(_END_ALL, user_id=user_id)


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Delete all devices, which were trusted under the old credentials; a passkey that is added leaves those as they are."""
    return () if change is Change.PASSKEY_ADDED else (_END_ALL,)
