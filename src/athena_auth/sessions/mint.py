"""Creates sessions. No other module does (I1).

The INSERT is here, not in `sql`, so that no other module can use it. An import contract allows only `mfa` to call
`mint`. If the source contains another INSERT into `athena_session` or another use of this one, a test fails.
"""

from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId, new_id
from athena_auth.sessions import rules, sql
from athena_auth.sessions.model import Assurance, Minted, Session, SessionOptions
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo

_INSERT = Statement(
    """
    INSERT INTO athena_session (id, user_id, token_digest, level, amr, proven_at, lifetime, persistent,
                                address, user_agent, created_at, updated_at, expires_at, device_id,
                                passkey_verified_at)
    VALUES (:id, :user_id, :token_digest, :level, :amr, :now, :lifetime, :persistent,
            :address, :user_agent, :now, :now, :expires_at, :device_id, :passkey_verified_at)
    """,
    combinable=True,
)


def mint(
    tx: Tx, user_id: UserId, assurance: Assurance, client: ClientInfo, options: SessionOptions, now: Millis
) -> Minted:
    """Create a session. The caller must have verified every required factor.

    If the account then has more than `MOST_SESSIONS`, its oldest sessions end: an attacker with the password could
    otherwise fill the table.
    """
    lifetime = rules.lifetime(options.ttl, persistent=options.persistent)
    session = Session(
        id=SessionId(new_id(now)),
        user_id=user_id,
        assurance=assurance,
        proven_at=now,
        lifetime=lifetime,
        persistent=options.persistent,
        client=client,
        created_at=now,
        updated_at=now,
        expires_at=rules.expiry(now, lifetime, options.max_age, now),
        passkey_verified_at=now if options.by_passkey else None,
    )
    token = new_token(TokenKind.SESSION)
    superseded = b"" if options.superseded is None else digest(TokenKind.SESSION, options.superseded)
    if superseded:
        sql.end_token(tx, superseded)
    if not options.has_room:
        sql.end_oldest(tx, user_id, ended=superseded)
    _insert(tx, session, digest(TokenKind.SESSION, token), options.device_id)
    return Minted(session, token)


def _insert(tx: Tx, session: Session, token_digest: bytes, device_id: str | None) -> None:
    tx.defer(
        _INSERT,
        id=session.id,
        user_id=session.user_id,
        token_digest=token_digest,
        level=session.assurance.level,
        amr=" ".join(session.assurance.amr),
        lifetime=session.lifetime,
        persistent=session.persistent,
        address=session.client.address,
        user_agent=session.client.user_agent,
        now=session.created_at,
        expires_at=session.expires_at,
        device_id=device_id,
        passkey_verified_at=session.passkey_verified_at,
    )
