"""Adding a verified passkey to an account, in the caller's transaction."""

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.factors.passkeys import sql
from athena_auth.factors.passkeys.model import Passkey, Registered, passkey_of
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import Authenticator, all_active, all_confirmed
from athena_auth.mfa.model import FactorName
from athena_auth.store.transaction import Tx


def refuse_kind(aaguid: str, allowed: frozenset[str]) -> Refused | None:
    """Refuse an authenticator of a kind that is not on the list; an empty list allows all."""
    return Refused(ErrorCode.AUTHENTICATOR_NOT_ALLOWED) if allowed and aaguid not in allowed else None


def refuse_more(existing: list[Passkey]) -> Refused | None:
    """Refuse another passkey when the account has the most possible."""
    return Refused(ErrorCode.TOO_MANY_PASSKEYS) if len(existing) >= authenticators.MOST else None


async def passkeys_of(tx: Tx, user_id: UserId) -> list[Passkey]:
    """Load the account's passkeys, the oldest first, with those that are suspended."""
    loaded = await authenticators.load(tx, user_id)
    return [passkey_of(each) for each in all_confirmed(loaded, FactorName.PASSKEY)]


async def usable_passkeys_of(tx: Tx, user_id: UserId) -> list[Passkey]:
    """Load the account's passkeys that verify sign-ins."""
    loaded = await authenticators.load(tx, user_id)
    return [passkey_of(each) for each in all_active(loaded, FactorName.PASSKEY)]


async def add(
    tx: Tx, user_id: UserId, registered: Registered, name: str, now: Millis, pending: Authenticator | None
) -> Passkey | Refused:
    """Store a passkey, in place of the pending authenticator that it confirms, if there is one.

    The account is locked before its passkeys are counted: two registrations at once would both find room for one.
    """
    if await accounts.lock(tx, user_id) is None:
        return Refused(ErrorCode.UNAUTHORIZED)
    refused = refuse_more(await passkeys_of(tx, user_id))
    if refused is not None:
        return refused
    authenticator = Authenticator(
        id=new_id(now),
        user_id=user_id,
        factor=FactorName.PASSKEY,
        label=name,
        details=msgspec.json.encode(registered.details).decode(),
        counter=registered.sign_count,
        created_at=now,
        credential_id=registered.credential_id,
    )
    if not await sql.add(tx, authenticator):
        return Refused(ErrorCode.PREVIOUSLY_REGISTERED)
    if pending is not None:
        await sql.remove(tx, pending)
    return passkey_of(authenticator)
