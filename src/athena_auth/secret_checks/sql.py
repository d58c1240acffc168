"""Statements on `athena_secret_check`, and those that count what was made with each secret.

The first two bytes of each sealed value and of each keyed hash are the number of its secret. They are not indexed, and
with millions of accounts one statement on a whole table would exceed the statement timeout. So tables are read in steps
along an index, from one key to the next. Expired values are not counted.
"""

import msgspec

from athena_auth.crypto.keys import number_of
from athena_auth.delivery.outbox import message_context
from athena_auth.kernel.clock import Millis
from athena_auth.mfa.authenticators import seal_context
from athena_auth.mfa.model import ENROLMENT
from athena_auth.secret_checks.model import SecretRecord
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_STEP = 10_000
_SAMPLE = 100

# Numbers begin at 1; the condition lets both planners use the primary key.
_LOAD = Statement("SELECT number, check_value FROM athena_secret_check WHERE number > 0")
_RECORD = Statement("""
    INSERT INTO athena_secret_check (number, check_value) VALUES (:number, :check_value)
    ON CONFLICT (number) DO NOTHING
""")
_REPLACE = Statement("""
    INSERT INTO athena_secret_check (number, check_value) VALUES (:number, :check_value)
    ON CONFLICT (number) DO UPDATE SET check_value = :check_value
""")
_FORGET = Statement("DELETE FROM athena_secret_check WHERE number = :number")

_AUTHENTICATOR_END = Statement("""
    SELECT MAX(x.user_id) AS last FROM
    (SELECT user_id FROM athena_authenticator WHERE user_id > :first ORDER BY user_id LIMIT :most) AS x
""")
_AUTHENTICATOR_COUNT = Statement("""
    SELECT substr(sealed_data, 1, 2) AS key_id, COUNT(*) AS found FROM athena_authenticator
    WHERE user_id > :first AND user_id <= :last AND sealed_data IS NOT NULL
      AND (state = 'active' OR created_at >= :begun)
    GROUP BY substr(sealed_data, 1, 2)
""")
_BACKUP_END = Statement("""
    SELECT MAX(x.user_id) AS last FROM
    (SELECT user_id FROM athena_backup_code WHERE user_id > :first ORDER BY user_id LIMIT :most) AS x
""")
_BACKUP_COUNT = Statement("""
    SELECT substr(code_hash, 1, 2) AS key_id, COUNT(*) AS found FROM athena_backup_code
    WHERE user_id > :first AND user_id <= :last
      AND (state = 'active' OR state = 'pending' AND created_at >= :begun)
    GROUP BY substr(code_hash, 1, 2)
""")
_OUTBOX_END = Statement("""
    SELECT MAX(x.id) AS last FROM
    (SELECT id FROM athena_outbox WHERE id > :first ORDER BY id LIMIT :most) AS x
""")
_OUTBOX_COUNT = Statement("""
    SELECT substr(sealed_message, 1, 2) AS key_id, COUNT(*) AS found FROM athena_outbox
    WHERE id > :first AND id <= :last AND expires_at > :now
    GROUP BY substr(sealed_message, 1, 2)
""")
_SENT_END = Statement("""
    SELECT MAX(x.user_id) AS last FROM
    (SELECT user_id FROM athena_sent_code WHERE user_id > :first ORDER BY user_id LIMIT :most) AS x
""")
_SENT_COUNT = Statement("""
    SELECT substr(code_hash, 1, 2) AS key_id, COUNT(*) AS found FROM athena_sent_code
    WHERE user_id > :first AND user_id <= :last AND expires_at > :now AND used_by IS NULL
    GROUP BY substr(code_hash, 1, 2)
""")

_SIGNING_END = Statement("""
    SELECT MAX(x.id) AS last FROM
    (SELECT id FROM athena_signing_key WHERE id > :first ORDER BY id LIMIT :most) AS x
""")
_SIGNING_COUNT = Statement("""
    SELECT substr(sealed_private_key, 1, 2) AS key_id, COUNT(*) AS found FROM athena_signing_key
    WHERE id > :first AND id <= :last AND expires_at > :now
    GROUP BY substr(sealed_private_key, 1, 2)
""")

_SAMPLE_AUTHENTICATORS = Statement("""
    SELECT id, user_id, factor, sealed_data FROM athena_authenticator
    WHERE id > '' AND sealed_data IS NOT NULL AND (state = 'active' OR created_at >= :begun)
    ORDER BY id DESC LIMIT :most
""")
_SAMPLE_OUTBOX = Statement("""
    SELECT id, sealed_message FROM athena_outbox WHERE id > '' AND expires_at > :now ORDER BY id DESC LIMIT :most
""")

_WALKS = {
    "totp_secrets": (_AUTHENTICATOR_END, _AUTHENTICATOR_COUNT),
    "backup_codes": (_BACKUP_END, _BACKUP_COUNT),
    "waiting_messages": (_OUTBOX_END, _OUTBOX_COUNT),
    "sent_codes": (_SENT_END, _SENT_COUNT),
    "signing_keys": (_SIGNING_END, _SIGNING_COUNT),
}


class Sealed(msgspec.Struct, frozen=True):
    """A sealed value and its associated data."""

    value: bytes
    context: str


async def load(tx: Tx) -> dict[int, SecretRecord]:
    """Load the records of all secrets, by number."""
    return {row["number"]: SecretRecord(row["check_value"]) for row in await tx.fetch_all(_LOAD)}


async def record(tx: Tx, number: int, check_value: bytes) -> None:
    """Record a secret, unless another process has just done so."""
    await tx.execute(_RECORD, number=number, check_value=check_value)


async def replace(tx: Tx, number: int, remembered: SecretRecord) -> None:
    """Replace the record of a secret."""
    await tx.execute(_REPLACE, number=number, check_value=remembered.check_value)


async def forget(tx: Tx, number: int) -> None:
    """Delete the record of a secret."""
    await tx.execute(_FORGET, number=number)


async def count(tx: Tx, now: Millis) -> dict[int, dict[str, int]]:
    """Count what depends on each secret, by number and then by kind."""
    counts: dict[int, dict[str, int]] = {}
    for kind, (end, counted) in _WALKS.items():
        first = ""
        while (last := await _end(tx, end, first)) is not None:
            for row in await tx.fetch_all(counted, first=first, last=last, now=now, begun=now - ENROLMENT):
                by_kind = counts.setdefault(number_of(row["key_id"]), {})
                by_kind[kind] = by_kind.get(kind, 0) + row["found"]
            first = last
    return counts


async def _end(tx: Tx, statement: Statement, first: str) -> str | None:
    row = await tx.fetch_one(statement, first=first, most=_STEP)
    return None if row is None else row["last"]


async def sample(tx: Tx, now: Millis) -> list[Sealed]:
    """Load the newest sealed values, with which a secret can be verified."""
    begun = now - ENROLMENT
    secrets = await tx.fetch_all(_SAMPLE_AUTHENTICATORS, begun=begun, most=_SAMPLE)
    messages = await tx.fetch_all(_SAMPLE_OUTBOX, now=now, most=_SAMPLE)
    return [
        *(
            Sealed(row["sealed_data"], seal_context(row["factor"], row["user_id"], row["id"]))
            for row in secrets
        ),
        *(Sealed(row["sealed_message"], message_context(row["id"])) for row in messages),
    ]
