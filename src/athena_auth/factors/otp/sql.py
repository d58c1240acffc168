"""Statements on `athena_sent_code`."""

import msgspec

from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.mfa.factor import Attempt
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx


class SentCode(msgspec.Struct, frozen=True):
    """The last code that was sent for a challenge or a session."""

    code_hash: bytes
    used_by: bytes | None
    """The browser that used it, if any."""

    def __repr__(self) -> str:
        return "SentCode(…)"


class ConsumedCode(msgspec.Struct, frozen=True):
    """A code that was correct and has been consumed."""

    number: str | None
    """The phone number to which it was sent; None for email."""

    def __repr__(self) -> str:
        return "ConsumedCode(…)"


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

_CONSUME_CODE = Statement("""
    UPDATE athena_sent_code SET used_by = :browser
    WHERE binding = :binding AND user_id = :user_id AND code_hash = :code_hash AND expires_at > :now
      AND used_by IS NULL
    RETURNING phone_number
""")
END_CODES = Statement("DELETE FROM athena_sent_code WHERE user_id = :user_id")


SWEEP = Statement("""
    DELETE FROM athena_sent_code WHERE binding IN
    (SELECT binding FROM athena_sent_code WHERE expires_at <= :cutoff ORDER BY expires_at LIMIT :most)
""")


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


async def consume_code(tx: Tx, attempt: Attempt[str], code_hash: bytes) -> ConsumedCode | None:
    """Consume a code; None when it is not the last one, has been used or has expired."""
    row = await tx.fetch_one(
        _CONSUME_CODE,
        binding=attempt.binding.key,
        user_id=attempt.user_id,
        code_hash=code_hash,
        browser=attempt.browser,
        now=attempt.now,
    )
    return None if row is None else ConsumedCode(row["phone_number"])
