"""Statements on `athena_otp_authenticator` and `athena_sent_code`."""

from athena_auth.challenge.factor import Attempt
from athena_auth.challenge.model import Change
from athena_auth.challenge.rules import ENROLMENT
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.otp.model import ConsumedCode, Enrolment, SentCode
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_LOAD_ENROLMENT = Statement("""
    SELECT created_at, confirmed_at, phone_number, pending_phone_number
    FROM athena_otp_authenticator WHERE user_id = :user_id
""")

_INSERT_PENDING = Statement("""
    INSERT INTO athena_otp_authenticator AS o (user_id, created_at) VALUES (:user_id, :now)
    ON CONFLICT (user_id) DO UPDATE
    SET created_at = :now, confirmed_at = NULL, phone_number = NULL, pending_phone_number = NULL
    WHERE o.confirmed_at IS NULL OR o.phone_number IS NOT NULL
""")

_STAGE_NUMBER = Statement("""
    INSERT INTO athena_otp_authenticator (user_id, created_at, pending_phone_number)
    VALUES (:user_id, :now, :number)
    ON CONFLICT (user_id) DO UPDATE SET created_at = :now, pending_phone_number = :number
""")

_CONFIRM = Statement("""
    UPDATE athena_otp_authenticator SET confirmed_at = :now
    WHERE user_id = :user_id AND confirmed_at IS NULL AND pending_phone_number IS NULL AND created_at >= :not_before
""")

_CONFIRM_NUMBER = Statement("""
    UPDATE athena_otp_authenticator SET confirmed_at = :now, phone_number = :number, pending_phone_number = NULL
    WHERE user_id = :user_id AND pending_phone_number = :number AND created_at >= :not_before
""")

_DROP = Statement("DELETE FROM athena_otp_authenticator WHERE user_id = :user_id")

_DROP_PENDING = Statement("""
    DELETE FROM athena_otp_authenticator WHERE user_id = :user_id AND confirmed_at IS NULL
""")

_DROP_PENDING_NUMBER = Statement("""
    UPDATE athena_otp_authenticator SET pending_phone_number = NULL
    WHERE user_id = :user_id AND confirmed_at IS NOT NULL
""")

_PUT_CODE = Statement("""
    INSERT INTO athena_sent_code (binding, user_id, code_hash, phone_number, created_at, expires_at)
    VALUES (:binding, :user_id, :code_hash, :number, :now, :expires_at)
    ON CONFLICT (binding) DO UPDATE
    SET code_hash = excluded.code_hash, used_by = NULL, phone_number = excluded.phone_number, created_at = excluded.created_at,
        expires_at = excluded.expires_at
""")

_LOAD_CODE = Statement("""
    SELECT code_hash, used_by FROM athena_sent_code
    WHERE binding = :binding AND user_id = :user_id AND expires_at > :now
""")

_SPEND_CODE = Statement("""
    UPDATE athena_sent_code SET used_by = :browser
    WHERE binding = :binding AND user_id = :user_id AND code_hash = :code_hash AND expires_at > :now
      AND used_by IS NULL
    RETURNING phone_number
""")
_END_CODES = Statement("DELETE FROM athena_sent_code WHERE user_id = :user_id")


SWEEP = Statement("""
    DELETE FROM athena_sent_code WHERE binding IN
    (SELECT binding FROM athena_sent_code WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


async def load_enrolment(tx: Tx, user_id: UserId) -> Enrolment | None:
    """Load the enrolment of sent codes; None if there is none."""
    row = await tx.fetch_one(_LOAD_ENROLMENT, user_id=user_id)
    if row is None:
        return None
    return Enrolment(
        confirmed=row["confirmed_at"] is not None,
        number=row["phone_number"],
        pending_number=row["pending_phone_number"],
        begun_at=row["created_at"],
    )


async def insert_pending(tx: Tx, user_id: UserId, now: Millis) -> None:
    """Begin an enrolment of email. A confirmed enrolment of email stays; one of a phone number is replaced."""
    await tx.execute(_INSERT_PENDING, user_id=user_id, now=now)


async def insert_pending_number(tx: Tx, user_id: UserId, number: str, now: Millis) -> None:
    """Begin an enrolment of a phone number and replace a pending one; the confirmed destination stays."""
    await tx.execute(_STAGE_NUMBER, user_id=user_id, number=number, now=now)


async def confirm(tx: Tx, user_id: UserId, now: Millis) -> bool:
    """Confirm a pending enrolment of email; False when there is none."""
    return await tx.execute(_CONFIRM, user_id=user_id, now=now, not_before=now - ENROLMENT) == 1


async def confirm_number(tx: Tx, user_id: UserId, number: str, now: Millis) -> bool:
    """Confirm this number; False when it is not the pending one."""
    not_before = now - ENROLMENT
    return (
        await tx.execute(_CONFIRM_NUMBER, user_id=user_id, number=number, now=now, not_before=not_before) == 1
    )


def put_code(
    tx: Tx,
    user_id: UserId,
    binding: bytes,
    code_hash: bytes,
    *,
    number: str | None,
    now: Millis,
    expires_at: Millis,
) -> None:
    """Store a sent code, with its number if it goes by text; it replaces the previous code of this binding."""
    code = {"code_hash": code_hash, "number": number, "now": now, "expires_at": expires_at}
    tx.defer(_PUT_CODE, binding=binding, user_id=user_id, **code)


async def load_code(tx: Tx, user_id: UserId, binding: bytes, now: Millis) -> SentCode | None:
    """Load the last code of this challenge or session, unless it has expired."""
    row = await tx.fetch_one(_LOAD_CODE, user_id=user_id, binding=binding, now=now)
    return None if row is None else SentCode(row["code_hash"], row["used_by"])


async def consume_code(tx: Tx, attempt: Attempt, code_hash: bytes) -> ConsumedCode | None:
    """Consume a code; None when it is not the last one, has been used or has expired."""
    row = await tx.fetch_one(
        _SPEND_CODE,
        binding=attempt.binding.key,
        user_id=attempt.user_id,
        code_hash=code_hash,
        browser=attempt.browser,
        now=attempt.now,
    )
    return None if row is None else ConsumedCode(row["phone_number"])


def drop_pending(tx: Tx, user_id: UserId) -> None:
    """Delete an unconfirmed enrolment or number."""
    tx.defer(_DROP_PENDING, user_id=user_id)
    tx.defer(_DROP_PENDING_NUMBER, user_id=user_id)


def credentials_changed(change: Change) -> tuple[Statement, ...]:
    """Delete sent codes, the enrolment if factors are removed, and a pending one if the password is replaced."""
    if change.removes_factors:
        return (_END_CODES, _DROP)
    return (_END_CODES, _DROP_PENDING, _DROP_PENDING_NUMBER) if change.replaces_password else (_END_CODES,)
