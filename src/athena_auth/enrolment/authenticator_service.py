"""Use cases of an account's authenticators, one by one: what an owner does who has several."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import SignedIn, audit_event
from athena_auth.accounts.step_up_policy import Action, Authorized, StepUp, StepUpCredentials
from athena_auth.audit import sql as audit
from athena_auth.audit.model import EventName
from athena_auth.authenticator_changes import AuthenticatorChanges
from athena_auth.enrolment.service import Factors
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import Authenticator, confirmed
from athena_auth.mfa.credentials import Actor
from athena_auth.mfa.factor import EnrolmentOptions, EnrolmentRequest
from athena_auth.mfa.model import Change, session_binding
from athena_auth.store.transaction import Store, Tx

ChangeOfOne = Callable[[Tx, UserId, str, Actor, Millis], Awaitable[Refused | None]]


class AddedApp(msgspec.Struct, frozen=True):
    """An app that a code has yet to confirm."""

    authenticator_id: str
    uri: str
    """The `otpauth` URI; it contains the secret."""

    def __repr__(self) -> str:
        return f"AddedApp({self.authenticator_id})"


@dataclass(frozen=True, slots=True)
class AuthenticatorService:
    """Lists, adds, renames, suspends, resumes and removes the authenticators of an account."""

    factors: Factors
    changes: AuthenticatorChanges
    step_up: StepUp
    store: Store
    clock: Clock

    async def list_confirmed(self, signed_in: SignedIn) -> list[Authenticator]:
        """Return the account's authenticators of every factor, the oldest first."""
        return confirmed(await self.store.read(lambda tx: authenticators.load(tx, signed_in.account.id)))

    async def add_app(
        self, signed_in: SignedIn, offered: StepUpCredentials, options: EnrolmentOptions
    ) -> Authorized[AddedApp] | Refused:
        """Begin to enrol one more authenticator app; the others and the backup codes stay as they are."""
        refused = self.factors.offered.refuse_other(self.factors.totp.name)
        if refused is not None:
            return refused
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> AddedApp | Refused:
            if not current.account.two_factor_enabled:
                # The first factor comes with backup codes, which `enable` returns.
                return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
            session_id, client = signed_in.session.id, signed_in.client
            binding = session_binding(session_id)
            request = EnrolmentRequest(current.account, options, binding, client, session_id, now)
            begun = await self.factors.totp.begin_enrolment(tx, request)
            if isinstance(begun, Refused):
                return begun
            # Codes of an enrolment that was given up would otherwise become active with this app.
            await self.factors.backup_codes.discard_pending(tx, current.account.id)
            added = AddedApp(begun.authenticator_id or "", begun.shown["totpURI"])
            entry = audit_event(signed_in, EventName.ENROLMENT_BEGUN, authenticator_id=added.authenticator_id)
            audit.record(tx, entry, now)
            return added

        return await self.step_up.act(Action.ADD_AUTHENTICATOR, signed_in, offered, work)

    async def rename(self, signed_in: SignedIn, authenticator_id: str, label: str) -> Refused | None:
        """Give an authenticator another name."""
        user_id = signed_in.account.id
        renamed = await self.store.transact(
            lambda tx: authenticators.rename(tx, user_id, authenticator_id, label)
        )
        return None if renamed else Refused(ErrorCode.AUTHENTICATOR_NOT_FOUND)

    async def remove(
        self, signed_in: SignedIn, offered: StepUpCredentials, authenticator_id: str
    ) -> Authorized[None] | Refused:
        """Remove an authenticator, and end what rests on it."""

        async def remove(
            tx: Tx, user_id: UserId, authenticator_id: str, actor: Actor, now: Millis
        ) -> Refused | None:
            return await self.changes.remove(
                tx, user_id, authenticator_id, Change.AUTHENTICATOR_REMOVED, actor, now
            )

        return await self._change(Action.REMOVE_AUTHENTICATOR, signed_in, offered, authenticator_id, remove)

    async def suspend(
        self, signed_in: SignedIn, offered: StepUpCredentials, authenticator_id: str
    ) -> Authorized[None] | Refused:
        """Suspend an authenticator until its owner resumes it, and end what rests on it."""
        work = self.changes.suspend
        return await self._change(Action.SUSPEND_AUTHENTICATOR, signed_in, offered, authenticator_id, work)

    async def resume(
        self, signed_in: SignedIn, offered: StepUpCredentials, authenticator_id: str
    ) -> Authorized[None] | Refused:
        """Resume a suspended authenticator."""
        work = self.changes.resume
        return await self._change(Action.RESUME_AUTHENTICATOR, signed_in, offered, authenticator_id, work)

    async def _change(
        self,
        action: Action,
        signed_in: SignedIn,
        offered: StepUpCredentials,
        authenticator_id: str,
        change: ChangeOfOne,
    ) -> Authorized[None] | Refused:
        now = self.clock.now()

        async def work(tx: Tx, current: SignedIn) -> Refused | None:
            if not current.account.two_factor_enabled:
                # No second factor has been asked for, so this would need no proof at all. `PasskeyService` removes passkeys.
                return Refused(ErrorCode.TWO_FACTOR_NOT_ENABLED)
            actor = Actor(signed_in.client, signed_in.session.id)
            return await change(tx, current.account.id, authenticator_id, actor, now)

        return await self.step_up.act(action, signed_in, offered, work)
