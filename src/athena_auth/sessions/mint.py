"""The one door to a session (I1). An import contract lets only `challenge` through it."""

from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId, new_id
from athena_auth.sessions import rules, sql
from athena_auth.sessions.model import Minted, Proof, Session
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo


def mint(
    tx: Tx, user_id: UserId, proof: Proof, client: ClientInfo, *, ttl: int, persistent: bool, now: Millis
) -> Minted:
    """Create a session that lasts `ttl` seconds without use. The caller answers for every due factor."""
    lifetime = rules.lifetime(ttl, persistent=persistent)
    session = Session(
        id=SessionId(new_id(now)),
        user_id=user_id,
        proof=proof,
        proven_at=now,
        lifetime=lifetime,
        persistent=persistent,
        client=client,
        created_at=now,
        updated_at=now,
        expires_at=Millis(now + lifetime),
    )
    token = new_token(TokenKind.SESSION)
    sql.insert(tx, session, digest(TokenKind.SESSION, token))
    return Minted(session, token)
