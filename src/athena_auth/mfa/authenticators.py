"""What accounts have enrolled, and the statements on `athena_authenticator`: one life cycle for every factor.

An account has at most one pending authenticator, of whatever factor, and as many active ones as each factor allows.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.model import Change, enrolment_is_open
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Tx

NEVER = -1
"""The counter of an authenticator before its first verification."""
MOST = 10
"""The number of authenticators that an account may have of one factor, suspended ones included."""


class AuthenticatorState(StrEnum):
    """The state of an authenticator: pending until a code confirms it."""

    PENDING = "pending"
    """Shown to the account owner but not confirmed; it cannot be used to sign in."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Its owner has turned it off for a while: it verifies nothing and is not offered."""


class Authenticator(msgspec.Struct, frozen=True, kw_only=True):
    """One authenticator of an account.

    Attributes:
        label: The owner's name for it.
        sealed_data: Its secret, encrypted for `context`; empty for a factor that stores none.
        details: Other data of its factor, as JSON. None of it is secret.
        counter: The highest value accepted so far, such as a time step (TOTP): nothing at or below it is accepted again
            (I3). Of a passkey, the last signature count, which only warns: its nonces are what is used once.
    """

    id: str
    user_id: UserId
    factor: str
    state: AuthenticatorState = AuthenticatorState.PENDING
    label: str | None = None
    sealed_data: bytes = b""
    details: str = "{}"
    counter: int = NEVER
    created_at: Millis
    last_used_at: Millis | None = None
    credential_id: bytes | None = None
    """The id of a passkey, which no other account has."""

    def __repr__(self) -> str:
        return f"Authenticator({self.id}, {self.factor}, {self.state})"

    @property
    def context(self) -> str:
        """The associated data of `sealed_data`, which decrypts in this row only."""
        return seal_context(self.factor, self.user_id, self.id)

    def with_sealed(self, data: bytes) -> "Authenticator":
        """Return it with what `Keyring.seal` made of its secret for `context`."""
        return msgspec.structs.replace(self, sealed_data=data)


def seal_context(factor: str, user_id: str, authenticator_id: str) -> str:
    """Return the associated data that the secret of an authenticator is encrypted with."""
    return f"{factor}:{user_id}:{authenticator_id}"


def all_active(authenticators: Iterable[Authenticator], factor: str) -> list[Authenticator]:
    """Return the authenticators of this factor that verify sign-ins."""
    return [a for a in _of(authenticators, factor) if a.state is AuthenticatorState.ACTIVE]


def confirmed(authenticators: Iterable[Authenticator]) -> list[Authenticator]:
    """Return those that a code has confirmed, active or suspended, the oldest first."""
    found = [a for a in authenticators if a.state is not AuthenticatorState.PENDING]
    return sorted(found, key=lambda a: (a.created_at, a.id))


def all_confirmed(authenticators: Iterable[Authenticator], factor: str) -> list[Authenticator]:
    """Return those of this factor that a code has confirmed, active or suspended, the oldest first."""
    return confirmed(_of(authenticators, factor))


def active(authenticators: Iterable[Authenticator], factor: str) -> Authenticator | None:
    """Return the authenticator that verifies sign-ins, of a factor of which an account has only one."""
    return next(iter(all_active(authenticators, factor)), None)


def pending(authenticators: Iterable[Authenticator], factor: str, now: Millis) -> Authenticator | None:
    """Return the authenticator of this factor that can still be confirmed (SP 800-63B-4 section 4.1)."""
    unconfirmed = (a for a in _of(authenticators, factor) if a.state is AuthenticatorState.PENDING)
    return next((a for a in unconfirmed if enrolment_is_open(a.created_at, now)), None)


def _of(authenticators: Iterable[Authenticator], factor: str) -> Iterable[Authenticator]:
    return (a for a in authenticators if a.factor == factor)


_LOAD = Statement("SELECT * FROM athena_authenticator WHERE user_id = :user_id")

_INSERT_PENDING = Statement("""
    INSERT INTO athena_authenticator (id, user_id, factor, state, label, sealed_data, details, counter, created_at)
    VALUES (:id, :user_id, :factor, 'pending', :label, :sealed_data, :details, :counter, :created_at)
    ON CONFLICT (user_id, factor) WHERE state = 'pending' DO UPDATE
    SET id = excluded.id, label = excluded.label, sealed_data = excluded.sealed_data, details = excluded.details,
        counter = excluded.counter, created_at = excluded.created_at
""")

_ADVANCE = Statement("""
    UPDATE athena_authenticator SET counter = :counter, last_used_by = :browser, last_used_at = :now
    WHERE id = :id AND counter < :counter AND state = 'active'
""")

_RECORD_REUSE = Statement("""
    UPDATE athena_authenticator SET last_used_by = :browser
    WHERE id = :id AND last_used_by <> :browser AND state = 'active'
""")

_RESEAL = Statement("UPDATE athena_authenticator SET sealed_data = :sealed_data WHERE id = :id")

_LOCK_PENDING = Statement("""
    UPDATE athena_authenticator SET state = state
    WHERE id = :id AND state = 'pending' AND counter < :counter
""")

_CONFIRM = Statement("""
    UPDATE athena_authenticator
    SET state = 'active', confirmed_at = :now, counter = :counter, last_used_by = :browser, last_used_at = :now,
        details = COALESCE(:details, details)
    WHERE id = :id AND state = 'pending' AND counter < :counter
""")

_DROP_CONFIRMED = Statement("DELETE FROM athena_authenticator WHERE id = :id AND state <> 'pending'")

_DROP_PENDING = Statement("DELETE FROM athena_authenticator WHERE user_id = :user_id AND state = 'pending'")

# Those with a credential id sign in by themselves: passkeys.
_DROP_PENDING_AND_LONE = Statement("""
    DELETE FROM athena_authenticator
    WHERE user_id = :user_id AND (state = 'pending' OR credential_id IS NOT NULL)
""")

_DROP_ALL = Statement("DELETE FROM athena_authenticator WHERE user_id = :user_id")

_LOCK_ALL = Statement("UPDATE athena_authenticator SET state = state WHERE user_id = :user_id RETURNING *")

_RENAME = Statement("""
    UPDATE athena_authenticator SET label = :label WHERE id = :id AND user_id = :user_id AND state <> 'pending'
""")

_SET_STATE = Statement("UPDATE athena_authenticator SET state = :state WHERE id = :id AND state <> 'pending'")


def _authenticator(row: Row) -> Authenticator:
    return Authenticator(
        id=row["id"],
        user_id=row["user_id"],
        factor=row["factor"],
        state=AuthenticatorState(row["state"]),
        label=row["label"],
        sealed_data=row["sealed_data"] or b"",
        details=row["details"],
        counter=row["counter"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        credential_id=row["credential_id"],
    )


async def load(tx: Tx, user_id: UserId) -> list[Authenticator]:
    """Load the account's authenticators of all factors."""
    return [_authenticator(row) for row in await tx.fetch_all(_LOAD, user_id=user_id)]


async def load_locked(tx: Tx, user_id: UserId) -> list[Authenticator]:
    """Load the account's authenticators, and lock them until the transaction ends.

    Of two requests that each remove one of the last two, the second waits here, and then finds one.
    """
    return [_authenticator(row) for row in await tx.fetch_all(_LOCK_ALL, user_id=user_id)]


async def begin_enrolment(tx: Tx, authenticator: Authenticator) -> None:
    """Store the account's only pending authenticator; active ones stay as they are (I6).

    Only one enrolment at a time: its backup codes become active with it, and not with another one.
    """
    await tx.execute(_DROP_PENDING, user_id=authenticator.user_id)
    await tx.execute(
        _INSERT_PENDING,
        id=authenticator.id,
        user_id=authenticator.user_id,
        factor=authenticator.factor,
        label=authenticator.label,
        sealed_data=authenticator.sealed_data or None,
        details=authenticator.details,
        counter=authenticator.counter,
        created_at=authenticator.created_at,
    )


async def confirm(
    tx: Tx,
    pending: Authenticator,
    replaced: Authenticator | Sequence[Authenticator] | None,
    browser: bytes | None,
    now: Millis,
    *,
    counter: int = 0,
    details: str | None = None,
) -> Change | None:
    """Activate a pending authenticator; None when it is no longer pending.

    `replaced` is what it takes the place of; with None, it is added to those that are active. `details` are what became
    known of it only now, such as its public key.

    The pending one is locked before the active one is deleted: a refusal commits what came before it, and must not
    remove the owner's active authenticator (I6).
    """
    dropped = (replaced,) if isinstance(replaced, Authenticator) else tuple(replaced or ())
    if dropped:
        if await tx.execute(_LOCK_PENDING, id=pending.id, counter=counter) != 1:
            return None
        for each in dropped:
            await tx.execute(_DROP_CONFIRMED, id=each.id)
    if (
        await tx.execute(_CONFIRM, id=pending.id, counter=counter, browser=browser, now=now, details=details)
        != 1
    ):
        return None
    return Change.FACTOR_REPLACED if dropped else Change.FACTOR_ADDED


async def rename(tx: Tx, user_id: UserId, authenticator_id: str, label: str) -> bool:
    """Store the owner's name for a confirmed authenticator; False if the account has no such one."""
    return await tx.execute(_RENAME, id=authenticator_id, user_id=user_id, label=label) == 1


async def remove(tx: Tx, authenticator_id: str) -> None:
    """Delete a confirmed authenticator that `load_locked` has returned."""
    await tx.execute(_DROP_CONFIRMED, id=authenticator_id)


async def set_state(tx: Tx, authenticator_id: str, state: AuthenticatorState) -> None:
    """Suspend or resume a confirmed authenticator that `load_locked` has returned."""
    await tx.execute(_SET_STATE, id=authenticator_id, state=state)


async def advance(tx: Tx, authenticator_id: str, counter: int, browser: bytes, now: Millis) -> bool:
    """Consume all counter values up to this one; False when it or a later one has been consumed (I3)."""
    changed = await tx.execute(_ADVANCE, id=authenticator_id, counter=counter, browser=browser, now=now)
    return changed == 1


async def is_reuse_elsewhere(tx: Tx, authenticator_id: str, browser: bytes) -> bool:
    """Tell whether another browser used the last code, and record this one: the owner is warned of each once."""
    return await tx.execute(_RECORD_REUSE, id=authenticator_id, browser=browser) == 1


async def reseal(tx: Tx, authenticator_id: str, sealed_data: bytes) -> None:
    """Store the secret re-encrypted with the current key. Not deferred: the same transaction may delete the row after it."""
    await tx.execute(_RESEAL, id=authenticator_id, sealed_data=sealed_data)


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Delete all authenticators when the factors are removed, and pending ones with their backup codes."""
    if change.removes_factors:
        return (_DROP_ALL,)
    if change is Change.EMAIL_RESTORED:
        # An attacker would return with a passkey of theirs, without the new password.
        return (_DROP_PENDING_AND_LONE,)
    return () if change.confirms_enrolment else (_DROP_PENDING,)
