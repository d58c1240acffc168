"""Device trust as the challenge uses it. All steps take the caller's transaction."""

from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId
from athena_auth.sessions.model import ClientInfo
from athena_auth.store.transaction import Tx
from athena_auth.trusted_devices import sql


class TrustedDevices:
    """Grants and honours trust tokens, each of which works once and for one account."""

    def __init__(self, ttl: int) -> None:
        """Take how long a device stays trusted without a sign-in, in seconds."""
        self._ttl = ttl

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> str | None:
        """Use up a trust token of this account and return its successor; None if unknown, expired or another's."""
        successor = new_token(TokenKind.TRUSTED_DEVICE)
        rotated = await sql.rotate(
            tx,
            user_id,
            digest(TokenKind.TRUSTED_DEVICE, token),
            digest(TokenKind.TRUSTED_DEVICE, successor),
            client,
            now=now,
            expires_at=after(now, self._ttl),
        )
        return successor if rotated else None

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> str:
        """Trust the device from now on; return its token."""
        token = new_token(TokenKind.TRUSTED_DEVICE)
        token_digest = digest(TokenKind.TRUSTED_DEVICE, token)
        sql.insert(tx, user_id, token_digest, client, now=now, expires_at=after(now, self._ttl))
        return token
