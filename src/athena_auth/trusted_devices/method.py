"""Device trust as the challenge uses it. All steps take the caller's transaction."""

from athena_auth.challenge.method import Granted
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.store.transaction import Runner, Tx
from athena_auth.trusted_devices import sql
from athena_auth.wire.caller import ClientInfo


class TrustedDevices:
    """Grants and honours trust tokens, each of which works once and for one account."""

    def __init__(self, ttl: int) -> None:
        """Take how long a device stays trusted without a sign-in, in seconds."""
        self._ttl = ttl

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> Granted | None:
        """Use up a trust token of this account and return its successor; None if unknown, expired or another's."""
        successor = new_token(TokenKind.TRUSTED_DEVICE)
        device_id = await sql.rotate(
            tx,
            user_id,
            digest(TokenKind.TRUSTED_DEVICE, token),
            digest(TokenKind.TRUSTED_DEVICE, successor),
            client,
            now=now,
            expires_at=after(now, self._ttl),
        )
        return None if device_id is None else Granted(successor, device_id)

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Granted:
        """Trust the device from now on; return its token."""
        granted = Granted(new_token(TokenKind.TRUSTED_DEVICE), new_id(now))
        token_digest = digest(TokenKind.TRUSTED_DEVICE, granted.token)
        expires_at = after(now, self._ttl)
        sql.insert(tx, granted.device_id, user_id, token_digest, client, now=now, expires_at=expires_at)
        return granted

    async def recognise(self, runner: Runner, user_id: UserId, token: str, now: Millis) -> str | None:
        """Return the id of the device of this account that the token belongs to, without using it up."""
        return await sql.find(runner, user_id, digest(TokenKind.TRUSTED_DEVICE, token), now)
