"""The statements and the cryptography of the server's requests, and nothing else of them.

The statements are the server's own objects, so that a change of theirs changes the floor. Nothing is
validated and nobody is refused: a request that is not what the benchmark sends fails with a traceback.
"""

import time
from typing import Any, cast

import msgspec
from floor.databases import Database, Row, Tx
from floor.statements import server_statement

from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.audit.sql import record
from athena_auth.crypto import totp
from athena_auth.crypto.codes import new_numeric_code
from athena_auth.crypto.keys import Keyring
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.delivery.sql import BATCH_SIZE
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId, new_id
from athena_auth.mfa.model import MAX_ATTEMPTS
from athena_auth.store.transaction import Tx as ProductTx
from athena_auth.throttle.sends.budget import FREE_SENDS, MOST_SENDS, SendKind
from athena_auth.throttle.sql import AttemptKind
from athena_auth.wire.caller import ClientInfo
from athena_auth.wire.fields import timestamp

CONSUME_ATTEMPT = server_statement("athena_challenge", "_CONSUME_ATTEMPT")
LOAD_PENDING = server_statement("athena_challenge", "_LOAD_LIVE")
CONSUME_CHALLENGE = server_statement("athena_challenge", "_CONSUME")
COUNT_FAILURE = server_statement("athena_guess_budget", "_CONSUME_ATTEMPT")
RESET_FAILURES = server_statement("athena_guess_budget", "_RESET")
COUNT_SEND = server_statement("athena_send_budget", "_CONSUME_SEND")
RESET_SENDS = server_statement("athena_send_budget", "_RESET")
LOAD_AUTHENTICATORS = server_statement("athena_authenticator", "_LOAD")
ADVANCE_STEP = server_statement("athena_authenticator", "_ADVANCE")
PUT_CODE = server_statement("athena_sent_code", "_PUT_CODE")
CONSUME_CODE = server_statement("athena_sent_code", "_CONSUME_CODE")
CONSUME_BACKUP_CODE = server_statement("athena_backup_code", "_CONSUME")
COUNT_BACKUP_CODES = server_statement("athena_backup_code", "_COUNT")
LOAD_ACCOUNT = server_statement("athena_account", "_LOAD")
LOAD_SIGNED_IN = server_statement("athena_session", "_LOAD_SIGNED_IN")
INSERT_SESSION = server_statement("athena_session", "_INSERT")
RETIRE_TOKEN = server_statement("athena_retired_token", "_PUT")
INSERT_MAIL = server_statement("athena_outbox", "_INSERT")
DELETE_MAIL = server_statement("athena_outbox", "_DELETE")

_CLIENT = ClientInfo("127.0.0.1", "")
_WEEK = 604_800_000
_HOUR = 3_600_000
_OTP_TTL = 180_000
_LEASE = 30_000
_GRACE = 10_000
_KIND = AttemptKind.STRANGER_CODE
_BROWSER = b"benchmark"
_REPLAY = b"an answer of the usual length, which is kept for a few seconds ..............................."
_PARAMETERS = totp.Parameters()


class Mail(msgspec.Struct):
    """A code that goes out once its transaction is committed."""

    id: str
    to: str
    name: str
    code: str
    expires_at: int


class Requests:
    """One method for each request that has a floor; each returns what becomes the JSON answer."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._delivered: list[str] = []
        self._is_forgetting = False

    async def get_session(self, token: str) -> Any:
        row = await self._database.read(
            LOAD_SIGNED_IN, token_digest=digest(TokenKind.SESSION, token), now=_now()
        )
        session = {
            "id": row["id"],
            "token": token,
            "userId": row["user_id"],
            "ipAddress": row["address"],
            "userAgent": row["user_agent"],
            "createdAt": timestamp(row["created_at"]),
            "updatedAt": timestamp(row["updated_at"]),
            "expiresAt": timestamp(row["expires_at"]),
        }
        owner = _user(row, row["user_id"], row["account_created_at"], row["account_updated_at"])
        return {"session": session, "user": owner}

    async def verify_totp(self, token: str, code: str) -> Any:
        challenge, now = digest(TokenKind.CHALLENGE, token), _now()

        async def work(tx: Tx) -> Any:
            user_id = await _consume_attempt(tx, challenge, now)
            row = await tx.fetch_one(LOAD_AUTHENTICATORS, user_id=user_id)
            secret = self._keyring.unseal(row["sealed_data"], f"totp:{user_id}:{row['id']}")
            step = totp.matching_step(secret, _PARAMETERS, code, now, 1)
            await tx.execute(ADVANCE_STEP, id=row["id"], counter=step, browser=_BROWSER, now=now)
            return await self._sign_in(tx, challenge, user_id, "second-step:totp:accepted", now)

        return await self._database.transact(work)

    async def verify_otp(self, token: str, code: str) -> Any:
        challenge, now = digest(TokenKind.CHALLENGE, token), _now()

        async def work(tx: Tx) -> Any:
            user_id = await _consume_attempt(tx, challenge, now)
            code_hash = self._keyring.hash_code(code, f"sent-code:{challenge.hex()}")
            await tx.execute(
                CONSUME_CODE,
                binding=challenge,
                user_id=user_id,
                code_hash=code_hash,
                browser=_BROWSER,
                now=now,
            )
            tx.defer(RESET_SENDS, user_id=user_id, kind=SendKind.CHALLENGE)
            return await self._sign_in(tx, challenge, user_id, "second-step:otp:accepted", now)

        return await self._database.transact(work)

    async def verify_backup_code(self, token: str, code: str) -> tuple[Any, Mail]:
        challenge, now = digest(TokenKind.CHALLENGE, token), _now()

        async def work(tx: Tx) -> tuple[Any, Mail]:
            user_id = await _consume_attempt(tx, challenge, now)
            code_hash = self._keyring.hash_code(code.replace("-", ""), f"backup-code:{user_id}")
            await tx.execute(CONSUME_BACKUP_CODE, user_id=user_id, code_hash=code_hash, browser=_BROWSER)
            await tx.fetch_one(COUNT_BACKUP_CODES, user_id=user_id, state="active")
            answer = await self._sign_in(tx, challenge, user_id, "second-step:backup-code:accepted", now)
            mail = Mail(new_id(now), answer["user"]["email"], answer["user"]["name"], "", now + _WEEK)
            await _consume_send(tx, user_id, SendKind.NOTIFICATION, now)
            self._post(tx, mail, now)
            return answer, mail

        return await self._database.transact(work)

    async def send_otp(self, token: str) -> Mail:
        challenge, now = digest(TokenKind.CHALLENGE, token), _now()

        async def work(tx: Tx) -> Mail:
            row = await tx.fetch_one(LOAD_PENDING, token_digest=challenge, now=now)
            await _consume_send(tx, row["id"], SendKind.CHALLENGE, now)
            mail = Mail(new_id(now), row["email"], row["name"], new_numeric_code(6), now + _OTP_TTL)
            code_hash = self._keyring.hash_code(mail.code, f"sent-code:{challenge.hex()}")
            tx.defer(
                PUT_CODE,
                binding=challenge,
                user_id=row["id"],
                code_hash=code_hash,
                number=None,
                now=now,
                expires_at=mail.expires_at,
            )
            self._post(tx, mail, now)
            _record(tx, AuditEvent(name=EventName.OTP_SENT, user_id=row["id"], client=_CLIENT), now)
            return mail

        return await self._database.transact(work)

    async def _sign_in(self, tx: Tx, challenge: bytes, user_id: str, event: str, now: Millis) -> Any:
        tx.defer(RESET_FAILURES, user_id=user_id, kind=_KIND)
        account = await tx.fetch_one(LOAD_ACCOUNT, id=user_id)
        tx.defer(CONSUME_CHALLENGE, token_digest=challenge)
        token, session_id = new_token(TokenKind.SESSION), SessionId(new_id(now))
        tx.defer(
            INSERT_SESSION,
            id=session_id,
            user_id=user_id,
            token_digest=digest(TokenKind.SESSION, token),
            level=2,
            amr="pwd otp",
            lifetime=_WEEK,
            persistent=True,
            address="127.0.0.1",
            user_agent="",
            now=now,
            expires_at=now + _WEEK,
            device_id=None,
            passkey_verified_at=None,
        )
        _record(
            tx, AuditEvent(name=event, user_id=UserId(user_id), client=_CLIENT, session_id=session_id), now
        )
        sealed = self._keyring.seal(_REPLAY, f"replay:{challenge.hex()}")
        tx.defer(
            RETIRE_TOKEN,
            token_digest=challenge,
            user_id=user_id,
            sealed_answer=sealed,
            expires_at=now + _GRACE,
        )
        owner = _user(account, user_id, account["created_at"], account["updated_at"])
        return {"token": token, "user": owner}

    def _post(self, tx: Tx, mail: Mail, now: Millis) -> None:
        sealed = self._keyring.seal(msgspec.msgpack.encode(mail), f"outbox:{mail.id}")
        tx.defer(
            INSERT_MAIL, id=mail.id, sealed_message=sealed, due_at=now + _LEASE, expires_at=mail.expires_at
        )

    async def forget_mail(self, mail: Mail) -> None:
        """Delete the row of a mail that went out; rows that come while others are deleted go together."""
        self._delivered.append(mail.id)
        if self._is_forgetting:
            return
        self._is_forgetting = True
        while self._delivered:
            several = [self._delivered.pop() for _ in range(min(len(self._delivered), BATCH_SIZE))]
            named = {name: several[min(n, len(several) - 1)] for n, name in enumerate(DELETE_MAIL.names)}
            await self._database.execute(DELETE_MAIL, **named)
        self._is_forgetting = False


def _now() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


async def _consume_attempt(tx: Tx, challenge: bytes, now: Millis) -> str:
    row = await tx.fetch_one(CONSUME_ATTEMPT, token_digest=challenge, most=MAX_ATTEMPTS, now=now)
    user_id: str = row["user_id"]
    await tx.fetch_one(COUNT_FAILURE, user_id=user_id, kind=_KIND, most=_KIND.limit, now=now)
    return user_id


async def _consume_send(tx: Tx, user_id: str, kind: SendKind, now: Millis) -> None:
    await tx.fetch_one(
        COUNT_SEND,
        user_id=user_id,
        kind=kind,
        now=now,
        window_began=now - _HOUR,
        free=FREE_SENDS,
        next_at=now + _LEASE,
        most=MOST_SENDS,
    )


def _record(tx: Tx, entry: AuditEvent, now: Millis) -> None:
    # The server's own function, which puts a write off and needs no more of a transaction than that.
    record(cast("ProductTx", tx), entry, now)


def _user(row: Row, user_id: str, created_at: Millis, updated_at: Millis) -> dict[str, Any]:
    return {
        "id": user_id,
        "email": row["email"],
        "emailVerified": bool(row["email_verified"]),
        "name": row["name"],
        "image": row["image"],
        "twoFactorEnabled": bool(row["two_factor_enabled"]),
        "createdAt": timestamp(created_at),
        "updatedAt": timestamp(updated_at),
    }
