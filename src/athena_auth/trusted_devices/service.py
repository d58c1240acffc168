"""Use cases of trusted devices: listing and revoking them."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.audit_events import audit_event
from athena_auth.accounts.model import SignedIn
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.outcome import ErrorCode, Refused
from athena_auth.store.transaction import Store, Tx
from athena_auth.trusted_devices import sql
from athena_auth.trusted_devices.model import TrustedDevice


class Revoked(msgspec.Struct, frozen=True):
    """The trust in a device was revoked."""

    is_current: bool
    """Whether it is the browser that sent the request."""


@dataclass(frozen=True, slots=True)
class TrustedDeviceService:
    """Lists and revokes an account's trusted devices. `trust_token` is the caller's own token, if any."""

    store: Store
    clock: Clock

    async def devices_of(self, signed_in: SignedIn, trust_token: str | None) -> list[TrustedDevice]:
        """Return the account's trusted devices, most recently used first."""
        now = self.clock.now()

        async def work(tx: Tx) -> list[TrustedDevice]:
            return await sql.all_live(tx, signed_in.account.id, _own(trust_token), now)

        return await self.store.read(work)

    async def revoke(self, signed_in: SignedIn, device_id: str, trust_token: str | None) -> Revoked | Refused:
        """Revoke the trust in one device. Devices of other accounts are never found, even if their id is known."""
        now = self.clock.now()

        async def work(tx: Tx) -> Revoked | Refused:
            is_current = await sql.end(tx, signed_in.account.id, device_id, _own(trust_token), now)
            if is_current is None:
                return Refused(ErrorCode.TRUSTED_DEVICE_NOT_FOUND)
            _record(tx, signed_in, device_id, now)
            return Revoked(is_current)

        return await self.store.transact(work)

    async def revoke_all(self, signed_in: SignedIn) -> None:
        """Revoke the trust in all devices of the account."""
        now = self.clock.now()

        async def work(tx: Tx) -> None:
            if await sql.end_all(tx, signed_in.account.id) > 0:
                _record(tx, signed_in, None, now)

        await self.store.transact(work)


def _own(trust_token: str | None) -> bytes | None:
    return None if trust_token is None else digest(TokenKind.TRUSTED_DEVICE, trust_token)


def _record(tx: Tx, signed_in: SignedIn, device_id: str | None, now: Millis) -> None:
    """Record that this device was revoked; None stands for all devices."""
    entry = audit_event(signed_in, EventName.TRUST_REVOKED, device_id=device_id)
    audit.record(tx, entry, now)
