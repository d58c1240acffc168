"""The one door to a session (I1). An import contract lets only `challenge` through it."""

from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId, UserId, new_id
from athena_auth.sessions import rules, sql
from athena_auth.sessions.model import Minted, Proof, Session, SessionTerms
from athena_auth.store.transaction import Tx
from athena_auth.wire.caller import ClientInfo


def mint(
    tx: Tx, user_id: UserId, proof: Proof, client: ClientInfo, terms: SessionTerms, now: Millis
) -> Minted:
    """Create a session. The caller answers for every due factor.

    The oldest sessions of the account end where it has more than `MOST_SESSIONS`: whoever has the password could else
    fill the table.
    """
    lifetime = rules.lifetime(terms.ttl, persistent=terms.persistent)
    session = Session(
        id=SessionId(new_id(now)),
        user_id=user_id,
        proof=proof,
        proven_at=now,
        lifetime=lifetime,
        persistent=terms.persistent,
        client=client,
        created_at=now,
        updated_at=now,
        expires_at=Millis(now + lifetime),
    )
    token = new_token(TokenKind.SESSION)
    sql.end_oldest(tx, user_id)
    sql.insert(tx, session, digest(TokenKind.SESSION, token), terms.device_id)
    return Minted(session, token)
