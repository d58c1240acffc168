"""Removing, suspending and resuming one authenticator of an account, of whatever factor. In the caller's transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.texts import Text
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import Authenticator, AuthenticatorState, confirmed
from athena_auth.mfa.credentials import Actor, CredentialEvents
from athena_auth.mfa.model import Change
from athena_auth.store.transaction import Tx

_LAST_WITHOUT_PASSWORD = Text(
    "This is the only passkey that can sign you in, and your account has no password. Add another one or set a password first."
)


def is_last_usable(
    found: Iterable[Authenticator], one: Authenticator, is_usable: Callable[[Authenticator], bool]
) -> bool:
    """Tell whether the account has no usable second factor without this authenticator.

    Backup codes do not count: they are for the day when the factor is lost, and run out. Nor do codes by mail that the
    owner has not enrolled: an attacker with the mailbox and the password would otherwise have both factors.
    """
    return all(
        each.id == one.id or each.state is not AuthenticatorState.ACTIVE or not is_usable(each)
        for each in found
    )


@dataclass(frozen=True, slots=True)
class AuthenticatorChanges:
    """Changes one authenticator, and ends what rests on it.

    Attributes:
        is_usable: Tells whether this server accepts an active authenticator: it offers the factor, and reaches the phone.
        signs_in_alone: Tells whether it accepts an active authenticator in place of a password: a passkey that verifies its
            user.
    """

    events: CredentialEvents
    is_usable: Callable[[Authenticator], bool]
    signs_in_alone: Callable[[Authenticator], bool]

    def _refuse_needed(
        self,
        account: Account,
        enrolled: Sequence[Authenticator],
        one: Authenticator,
        *,
        by_operator: bool = False,
    ) -> Refused | None:
        """Refuse to do without this authenticator if the account has no other way to sign in, or no other second factor.

        An operator may remove the last passkey of an account without a password: its owner sets one by email.
        """
        if not account.has_password and not by_operator and self._is_last_alone(enrolled, one):
            return Refused(ErrorCode.LAST_AUTHENTICATOR, _LAST_WITHOUT_PASSWORD)
        is_needed = account.two_factor_enabled and is_last_usable(enrolled, one, self.is_usable)
        return Refused(ErrorCode.LAST_AUTHENTICATOR) if is_needed else None

    def _is_last_alone(self, enrolled: Iterable[Authenticator], one: Authenticator) -> bool:
        return self.signs_in_alone(one) and is_last_usable(enrolled, one, self.signs_in_alone)

    def can_sign_in_alone(self, enrolled: Iterable[Authenticator]) -> bool:
        """Tell whether one of these authenticators can take the place of the password."""
        active = (each for each in enrolled if each.state is AuthenticatorState.ACTIVE)
        return any(map(self.signs_in_alone, active))

    async def remove(
        self, tx: Tx, user_id: UserId, authenticator_id: str, change: Change, actor: Actor, now: Millis
    ) -> Refused | None:
        """Remove an authenticator, unless no other is usable. `change` says who does so, and as what it is announced."""
        by_operator = change is Change.AUTHENTICATOR_REVOKED
        found = await self._find(
            tx, user_id, authenticator_id, must_stay_usable=True, by_operator=by_operator
        )
        if isinstance(found, Refused):
            return found
        await authenticators.remove(tx, found.id)
        await self.events.announce(tx, user_id, change, actor, now, authenticator_id=found.id)
        return None

    async def suspend(
        self, tx: Tx, user_id: UserId, authenticator_id: str, actor: Actor, now: Millis
    ) -> Refused | None:
        """Suspend an authenticator, unless no other is usable. It is not an error if it is suspended already."""
        found = await self._find(tx, user_id, authenticator_id, must_stay_usable=True)
        if isinstance(found, Refused):
            return found
        await self._set_state(tx, found, AuthenticatorState.SUSPENDED, actor, now)
        return None

    async def resume(
        self, tx: Tx, user_id: UserId, authenticator_id: str, actor: Actor, now: Millis
    ) -> Refused | None:
        """Resume a suspended authenticator. It is not an error if it is active already."""
        found = await self._find(tx, user_id, authenticator_id, must_stay_usable=False)
        if isinstance(found, Refused):
            return found
        await self._set_state(tx, found, AuthenticatorState.ACTIVE, actor, now)
        return None

    async def _find(
        self,
        tx: Tx,
        user_id: UserId,
        authenticator_id: str,
        *,
        must_stay_usable: bool,
        by_operator: bool = False,
    ) -> Authenticator | Refused:
        """Lock the account and its authenticators, and return the one with this id.

        Those of other accounts are never found, even if their id is known, and pending ones are not yet the account's.
        """
        # The account first, as every change of credentials locks it.
        account = await accounts.lock(tx, user_id)
        every = confirmed(await authenticators.load_locked(tx, user_id))
        found = next((each for each in every if each.id == authenticator_id), None)
        if account is None or found is None:
            return Refused(ErrorCode.AUTHENTICATOR_NOT_FOUND)
        if not must_stay_usable:
            return found
        return self._refuse_needed(account, every, found, by_operator=by_operator) or found

    async def _set_state(
        self, tx: Tx, found: Authenticator, state: AuthenticatorState, actor: Actor, now: Millis
    ) -> None:
        if found.state is state:
            return
        await authenticators.set_state(tx, found.id, state)
        is_back = state is AuthenticatorState.ACTIVE
        change = Change.AUTHENTICATOR_RESUMED if is_back else Change.AUTHENTICATOR_SUSPENDED
        await self.events.announce(tx, found.user_id, change, actor, now, authenticator_id=found.id)
