"""Use cases of account owners: adding, listing, naming and removing passkeys."""

from dataclasses import dataclass
from typing import Any

import msgspec

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials, refuse_stale
from athena_auth.authenticator_changes import AuthenticatorChanges
from athena_auth.factors.passkeys import ceremonies
from athena_auth.factors.passkeys.factor import Passkeys, new_nonce
from athena_auth.factors.passkeys.model import Passkey, RegistrationResponse
from athena_auth.factors.passkeys.names import default_name
from athena_auth.factors.passkeys.registration import add, passkeys_of, refuse_kind, refuse_more
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import authenticators, prompts
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import Change, session_binding
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.store.transaction import Store, Tx

_REGISTRATION = "passkey-added"
"""Under this name a nonce is kept for a registration. A nonce of /two-factor/prompt-passkey, which any session gets without
step-up, must not be good for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyService:
    """What owners do with their passkeys. `PasskeySignIn` and `SecondStep` verify their use."""

    factor: Passkeys
    offered: OfferedFactors
    changes: AuthenticatorChanges
    store: Store
    clock: Clock
    step_up: StepUp
    events: CredentialEvents

    async def begin(
        self, signed_in: SignedIn, offered: StepUpCredentials, attachment: str | None
    ) -> Authorized[dict[str, Any]] | Refused:
        """Return the options for making a passkey. This needs a recent sign-in, the password, or a second factor."""
        now = self.clock.now()
        refused = self.offered.refuse_other(self.factor.name) or refuse_stale(
            self.step_up, Action.BEGIN_PASSKEY, signed_in, offered, now
        )
        if refused is not None:
            return refused

        async def work(tx: Tx, current: SignedIn) -> dict[str, Any] | Refused:
            account = current.account
            existing = await passkeys_of(tx, account.id)
            refused = refuse_more(existing)
            if refused is not None:
                return refused
            nonce = new_nonce()
            prompts.keep_nonce(tx, account.id, session_binding(current.session.id), _REGISTRATION, nonce, now)
            return ceremonies.registration_options(self.factor.site, account, existing, nonce, attachment)

        return await self.step_up.act(Action.BEGIN_PASSKEY, signed_in, offered, work)

    async def finish(
        self,
        signed_in: SignedIn,
        response: RegistrationResponse,
        name: str | None,
        *,
        is_conditional: bool = False,
    ) -> Authorized[Passkey] | Refused:
        """Verify a new passkey, which answers `begin` in the same session, and add it to the account.

        `is_conditional` is what the client says. One that lies gains nothing: the nonce is disclosed only after step-up, and
        every use of the passkey needs the user's presence.
        """
        refused = self.offered.refuse_other(self.factor.name)
        if refused is not None:
            return refused
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> Passkey | Refused:
            nonce = await _consume_nonce(tx, current, now)
            if isinstance(nonce, Refused):
                return nonce
            registered = ceremonies.verify_registration(
                self.factor.site, response, nonce, requires_presence=not is_conditional
            )
            if registered is None:
                return Refused(ErrorCode.FAILED_TO_VERIFY_REGISTRATION)
            aaguid = registered.details.aaguid
            refused = refuse_kind(aaguid, self.factor.site.aaguids)
            if refused is not None:
                return refused
            named = name or default_name(aaguid, signed_in.client.user_agent)
            passkey = await add(tx, current.account.id, registered, named, now, None)
            if isinstance(passkey, Passkey):
                actor, change = Actor(current.client, current.session.id), Change.PASSKEY_ADDED
                user_id, passkey_id = current.account.id, passkey.id
                await self.events.announce(tx, user_id, change, actor, now, authenticator_id=passkey_id)
            return passkey

        return await self.step_up.act(Action.ADD_PASSKEY, signed_in, StepUpCredentials(), work)

    async def passkeys_of(self, signed_in: SignedIn) -> list[Passkey]:
        """Return the account's passkeys, the oldest first."""
        return await self.store.read(lambda tx: passkeys_of(tx, signed_in.account.id))

    async def rename(self, signed_in: SignedIn, passkey_id: str, name: str) -> Passkey | Refused:
        """Give a passkey another name. Those of other accounts are never found, even if their id is known."""
        user_id = signed_in.account.id

        async def work(tx: Tx) -> Passkey | Refused:
            found = next((each for each in await passkeys_of(tx, user_id) if each.id == passkey_id), None)
            if found is None or not await authenticators.rename(tx, user_id, passkey_id, name):
                return Refused(ErrorCode.PASSKEY_NOT_FOUND)
            return msgspec.structs.replace(found, name=name)

        return await self.store.transact(work)

    async def remove(
        self, signed_in: SignedIn, offered: StepUpCredentials, passkey_id: str
    ) -> Authorized[None] | Refused:
        """Remove a passkey and end the other sessions, which it may have begun."""
        now = self.clock.now()
        stale = refuse_stale(self.step_up, Action.REMOVE_PASSKEY, signed_in, offered, now)
        if stale is not None:
            return stale

        async def work(tx: Tx, current: SignedIn) -> Refused | None:
            user_id, actor = current.account.id, Actor(current.client, current.session.id)
            if all(each.id != passkey_id for each in await passkeys_of(tx, user_id)):
                return Refused(ErrorCode.PASSKEY_NOT_FOUND)
            refused = await self.changes.remove(tx, user_id, passkey_id, Change.PASSKEY_REMOVED, actor, now)
            is_gone = refused is not None and refused.code is ErrorCode.AUTHENTICATOR_NOT_FOUND
            return Refused(ErrorCode.PASSKEY_NOT_FOUND) if is_gone else refused

        return await self.step_up.act(Action.REMOVE_PASSKEY, signed_in, offered, work)


async def _consume_nonce(tx: Tx, signed_in: SignedIn, now: Millis) -> bytes | Refused:
    # The account first, as in `CredentialEvents.announce`: another registration would otherwise delete this nonce while
    # this one waits for the account.
    if await accounts.lock(tx, signed_in.account.id) is None:
        return Refused(ErrorCode.UNAUTHORIZED)
    nonce = await prompts.consume_nonce(tx, session_binding(signed_in.session.id), _REGISTRATION, now)
    return Refused(ErrorCode.CHALLENGE_NOT_FOUND) if nonce is None else nonce
