"""Statements over `athena_otp_authenticator` and `athena_sent_code`."""

from athena_auth.challenge.model import Change
from athena_auth.challenge.rules import ENROLMENT, enrolment_is_open
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_LOAD_ENROLMENT = Statement("""
    SELECT created_at, confirmed_at FROM athena_otp_authenticator WHERE user_id = :user_id
""")

_STAGE = Statement("""
    INSERT INTO athena_otp_authenticator (user_id, created_at) VALUES (:user_id, :now)
    ON CONFLICT (user_id) DO UPDATE SET created_at = :now WHERE athena_otp_authenticator.confirmed_at IS NULL
""")

_CONFIRM = Statement("""
    UPDATE athena_otp_authenticator SET confirmed_at = :now
    WHERE user_id = :user_id AND confirmed_at IS NULL AND created_at >= :not_before
""")

_DROP = Statement("DELETE FROM athena_otp_authenticator WHERE user_id = :user_id")

_DROP_PENDING = Statement("""
    DELETE FROM athena_otp_authenticator WHERE user_id = :user_id AND confirmed_at IS NULL
""")

_PUT_CODE = Statement("""
    INSERT INTO athena_sent_code (binding, user_id, code_hash, created_at, expires_at)
    VALUES (:binding, :user_id, :code_hash, :now, :expires_at)
    ON CONFLICT (binding) DO UPDATE
    SET code_hash = excluded.code_hash, created_at = excluded.created_at, expires_at = excluded.expires_at
""")

_LOAD_EXPIRY = Statement("""
    SELECT expires_at FROM athena_sent_code WHERE binding = :binding AND user_id = :user_id
""")

_SPEND_CODE = Statement("""
    DELETE FROM athena_sent_code
    WHERE binding = :binding AND user_id = :user_id AND code_hash = :code_hash AND expires_at > :now
""")
_END_CODES = Statement("DELETE FROM athena_sent_code WHERE user_id = :user_id")


SWEEP = Statement("""
    DELETE FROM athena_sent_code WHERE binding IN
    (SELECT binding FROM athena_sent_code WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


async def is_confirmed(tx: Tx, user_id: UserId) -> bool:
    """Tell whether the owner turned codes by mail on, and confirmed it."""
    row = await tx.one(_LOAD_ENROLMENT, user_id=user_id)
    return row is not None and row["confirmed_at"] is not None


async def is_pending(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Tell whether an enrolment waits to be confirmed, and has not waited too long."""
    row = await tx.one(_LOAD_ENROLMENT, user_id=user_id)
    return row is not None and row["confirmed_at"] is None and enrolment_is_open(row["created_at"], now)


async def stage(tx: Tx, user_id: UserId, now: Millis) -> None:
    """Begin an enrolment; one that is confirmed stays as it is."""
    await tx.run(_STAGE, user_id=user_id, now=now)


async def confirm(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Confirm a pending enrolment; False when there is none."""
    return await tx.run(_CONFIRM, user_id=user_id, now=now, not_before=now - ENROLMENT) == 1


def put_code(
    tx: Tx, user_id: UserId, binding: bytes, code_hash: bytes, *, now: Millis, expires_at: Millis
) -> None:
    """Remember the code just sent; it takes the place of one sent before to the same challenge or session."""
    tx.later(_PUT_CODE, binding=binding, user_id=user_id, code_hash=code_hash, now=now, expires_at=expires_at)


async def is_code_open(tx: Tx, user_id: UserId, binding: bytes, now: Millis) -> bool:
    """Tell whether a code sent to this challenge or session is still of use."""
    row = await tx.one(_LOAD_EXPIRY, user_id=user_id, binding=binding)
    return row is not None and row["expires_at"] > now


async def spend_code(tx: Tx, user_id: UserId, binding: bytes, code_hash: bytes, now: Millis) -> bool:
    """Use a code up; False when it is not the one that was sent last, is used or has expired."""
    changed = await tx.run(_SPEND_CODE, binding=binding, user_id=user_id, code_hash=code_hash, now=now)
    return changed == 1


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """End the codes under way; forget the enrolment with the factors, and one under way with the password."""
    if change is Change.FACTORS_REMOVED:
        return (_END_CODES, _DROP)
    return (_END_CODES, _DROP_PENDING) if change.replaces_password else (_END_CODES,)
