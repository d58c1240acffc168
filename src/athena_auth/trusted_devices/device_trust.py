"""Device trust for challenges. All methods run in the caller's transaction.

A token is `family.secret.signature`. Each use rotates the secret and keeps the family, so earlier tokens of a device are
recognized; the signature excludes forged ones. If an earlier token is presented again, there are two copies, and the
device is revoked. Within a few seconds of the rotation it is accepted, as a concurrent request of the same browser.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass

from athena_auth.crypto.keys import Keyring
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.mfa.device_trust import Granted, Reused
from athena_auth.store.transaction import Runner, Tx
from athena_auth.trusted_devices import sql
from athena_auth.trusted_devices.rules import is_in_grace
from athena_auth.wire.caller import ClientInfo

_FAMILY_BYTES = 16
_SEPARATOR = "."
_CONTEXT = "trusted-device"


@dataclass(frozen=True, slots=True)
class TrustedDevices:
    """Issues and verifies trust tokens, each of which is valid once and for one account.

    Attributes:
        ttl: Seconds without a sign-in after which the trust ends; 0 if no device is trusted, not even one that was.
    """

    keyring: Keyring
    ttl: int

    async def present(
        self, tx: Tx, user_id: UserId, token: str, client: ClientInfo, now: Millis
    ) -> Granted | Reused | None:
        """Consume a trust token of this account and return its successor.

        None means that the token is unknown, has expired or belongs to another account.
        """
        if not self.ttl:
            return None
        shown = _digest(token)
        # Tokens of earlier versions of the server have no family; their successors get one.
        family = self._family_of(token) or secrets.token_urlsafe(_FAMILY_BYTES)
        successor = self._new_token(family)
        rotation = sql.Rotation(
            shown=shown,
            successor=_digest(successor),
            family=_digest(family),
            now=now,
            expires_at=after(now, self.ttl),
        )
        device_id = await sql.rotate(tx, user_id, rotation, client)
        if device_id is not None:
            return Granted(successor, device_id)
        device = await sql.load_family(tx, user_id, _digest(family), now)
        if device is None:
            return None
        if device.previous_digest == shown and is_in_grace(device.rotated_at, now):
            return Granted(None, device.id)
        await sql.end(tx, user_id, device.id, None, now)
        return Reused(device.id)

    def grant(self, tx: Tx, user_id: UserId, client: ClientInfo, now: Millis) -> Granted | None:
        """Trust the device and return its token. If the account has too many, the oldest devices lose their trust."""
        if not self.ttl:
            return None
        family = secrets.token_urlsafe(_FAMILY_BYTES)
        token, device_id = self._new_token(family), new_id(now)
        sql.end_oldest(tx, user_id)
        new = sql.NewDevice(device_id, user_id, _digest(token), _digest(family))
        sql.insert(tx, new, client, now=now, expires_at=after(now, self.ttl))
        return Granted(token, device_id)

    async def recognizes(self, runner: Runner, user_id: UserId, token: str, now: Millis) -> bool:
        """Tell whether the token belongs to a trusted device of this account, without consuming it."""
        return await sql.is_live(runner, user_id, _digest(token), now)

    async def is_invalid(self, runner: Runner, token: str, now: Millis) -> bool:
        """Tell whether the token is valid for no account, so that the browser can drop it."""
        return not await sql.opens_something(runner, _digest(token), now)

    def _new_token(self, family: str) -> str:
        signed = f"{family}{_SEPARATOR}{new_token(TokenKind.TRUSTED_DEVICE)}"
        return f"{signed}{_SEPARATOR}{_text(self.keyring.hash_code(signed, _CONTEXT))}"

    def _family_of(self, token: str) -> str | None:
        """Return the family of a token with a valid signature, even if the token has expired; otherwise None."""
        signed, _, signature = token.rpartition(_SEPARATOR)
        expected = map(_text, self.keyring.possible_hashes(signed, _CONTEXT))
        is_ours = any(hmac.compare_digest(signature.encode(), each.encode()) for each in expected)
        return signed.partition(_SEPARATOR)[0] if is_ours else None


def _digest(token: str) -> bytes:
    return digest(TokenKind.TRUSTED_DEVICE, token)


def _text(signature: bytes) -> str:
    return base64.urlsafe_b64encode(signature).decode().rstrip("=")
