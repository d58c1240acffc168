"""Enforcing the step-up policy: password, session and second factor are checked in the transaction of the action."""

from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import msgspec

from athena_auth import retired_tokens
from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account, CredentialVersion, SignedIn
from athena_auth.accounts.password_verifier import PasswordVerifier
from athena_auth.accounts.step_up_policy import (
    PASSWORD_MISSING,
    POLICY,
    Action,
    Authorized,
    AuthorizedWork,
    Demand,
    NewToken,
    StepUpCredentials,
)
from athena_auth.crypto.keys import UnreadableError
from athena_auth.crypto.tokens import TokenKind, digest
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.texts import Text
from athena_auth.mfa.factor import Attempt, Used, Verified
from athena_auth.mfa.missing_secret import refuse_unreadable
from athena_auth.mfa.model import session_binding
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.mfa.verification import AttemptVerifier, Candidate, RequestContext
from athena_auth.sessions import rules
from athena_auth.sessions import sql as sessions
from athena_auth.sessions.model import Level
from athena_auth.sessions.rules import has_fresh_passkey, has_fresh_second_factor
from athena_auth.store.transaction import Store, Tx
from athena_auth.throttle.attempts import CODES_USED_UP, refused_by
from athena_auth.throttle.sql import Throttled

T = TypeVar("T")

_STALE_PASSKEY = Refused(
    ErrorCode.STEP_UP_REQUIRED,
    Text(
        "This needs a passkey, with the PIN or the fingerprint of its device. Use it in this session, then repeat the request."
    ),
)
_NO_CODE = Text("This is not a valid code. Enter the digits from your app or message, or a backup code.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStepUp:
    """Enforces `POLICY`.

    Attributes:
        offered: The second factors, in the order in which they are tried.
        relaxed: Whether ATHENA_STEP_UP is `password`.
    """

    store: Store
    clock: Clock
    passwords: PasswordVerifier
    verifier: AttemptVerifier
    offered: OfferedFactors
    relaxed: bool

    async def act(
        self, action: Action, signed_in: SignedIn, offered: StepUpCredentials, work: AuthorizedWork[T]
    ) -> Authorized[T] | Refused:
        """Run the work if the session, the password and the code satisfy the policy."""
        demand = POLICY[action]
        version = await self._verify_password(demand, signed_in, offered)
        if isinstance(version, Refused):
            return version

        async def locked_work(tx: Tx) -> Authorized[T] | Refused:
            now = self.clock.now()
            locked = await self._lock(tx, demand, signed_in, offered, version, now)
            if isinstance(locked, Refused):
                return locked
            verified = await self._verify_code(tx, demand, locked, offered.code, now)
            if isinstance(verified, Refused):
                return verified
            current = _raised(locked, verified, now)
            outcome = await work(tx, current)
            if isinstance(outcome, Refused):
                return outcome
            raises = verified is not None
            return Authorized(outcome, self._renewed(tx, action, current, now, raises=raises))

        try:
            return await self.store.transact(locked_work)
        except UnreadableError as error:
            if offered.password is not None:
                await self.store.transact(partial(self._accept, signed_in))
            return refuse_unreadable(error)

    def is_due(self, action: Action, signed_in: SignedIn) -> bool:
        """Tell whether the action would now be refused without a code."""
        return self._lacks_factor(POLICY[action], signed_in, self.clock.now())

    def is_passkey_due(self, action: Action, signed_in: SignedIn) -> bool:
        """Tell whether the action would now be refused until a passkey verifies its user in this session."""
        needs_passkey = _needs_passkey(POLICY[action], signed_in.account, StepUpCredentials())
        return needs_passkey and not has_fresh_passkey(signed_in.session, self.clock.now())

    async def _verify_password(
        self, demand: Demand, signed_in: SignedIn, offered: StepUpCredentials
    ) -> CredentialVersion | Refused | None:
        now = self.clock.now()
        if _needs_passkey(demand, signed_in.account, offered):
            # A password in the request is not even read: there is none that it could be compared with.
            return None if has_fresh_passkey(signed_in.session, now) else _STALE_PASSKEY
        if demand.takes_password and offered.password is None:
            return PASSWORD_MISSING
        # Checked before the password, whose verification is expensive; checked again later, on the locked session.
        if offered.code is None and self._lacks_factor(demand, signed_in, now):
            return Refused(ErrorCode.STEP_UP_REQUIRED)
        if offered.password is None:
            return None
        return await self.passwords.verify_in_session(signed_in, offered.password)

    async def _accept(self, signed_in: SignedIn, tx: Tx) -> None:
        # The rollback left the attempt counted as a failure, although the password was correct.
        self.passwords.accepted(tx, signed_in)

    async def _lock(
        self,
        tx: Tx,
        demand: Demand,
        signed_in: SignedIn,
        offered: StepUpCredentials,
        version: CredentialVersion | None,
        now: Millis,
    ) -> SignedIn | Refused:
        """Lock the account, at the version for which the password was verified, and the session; reload both."""
        account: Account | None = signed_in.account
        needs_passkey = _needs_passkey(demand, signed_in.account, offered)
        if version is not None:
            account = await accounts.lock_if_current(tx, version)
        elif needs_passkey:
            account = await accounts.lock(tx, signed_in.account.id)
        if account is None or account.has_password != signed_in.account.has_password:
            # In particular, a passkey must not take the place of a password that was set in the meantime.
            return Refused(ErrorCode.CONFLICT)
        session = await sessions.lock_live(tx, digest(TokenKind.SESSION, signed_in.token), now)
        if session is None:
            return Refused(ErrorCode.UNAUTHORIZED)
        if needs_passkey and not has_fresh_passkey(session, now):
            return _STALE_PASSKEY
        if version is not None:
            self.passwords.accepted(tx, signed_in)
        return msgspec.structs.replace(signed_in, session=session, account=account)

    def _lacks_factor(self, demand: Demand, signed_in: SignedIn, now: Millis) -> bool:
        if demand.level is not Level.TWO or not signed_in.account.two_factor_enabled:
            return False
        if self.relaxed and demand.relaxable:
            return False
        return not has_fresh_second_factor(signed_in.session, now, (demand.fresh or 0) * 1000)

    async def _verify_code(
        self, tx: Tx, demand: Demand, signed_in: SignedIn, code: str | None, now: Millis
    ) -> Verified | Refused | None:
        """Verify the code if the session lacks a recent factor; None if it lacks nothing."""
        if not self._lacks_factor(demand, signed_in, now):
            return None
        if code is None:
            return Refused(ErrorCode.STEP_UP_REQUIRED)
        session = signed_in.session
        candidates = self._candidates(signed_in, code, now)
        if not candidates:
            return Refused(ErrorCode.INVALID_CODE, _NO_CODE)
        context = RequestContext(signed_in.client, session.id)
        outcome = await self.verifier.verify(tx, candidates, context)
        if isinstance(outcome, Throttled):
            return refused_by(outcome, now, CODES_USED_UP)
        if isinstance(outcome, Used):
            return outcome.refused
        if isinstance(outcome, Verified):
            account = signed_in.account
            await self.verifier.record_success(
                tx, account, outcome, context, session.id, trust_device=False, now=now
            )
        return outcome

    def _candidates(self, signed_in: SignedIn, code: str, now: Millis) -> tuple[Candidate, ...]:
        binding, browser = session_binding(signed_in.session.id), signed_in.client.fingerprint
        readings = ((factor, factor.parse(code)) for factor in self.offered.factors)
        return tuple(
            Candidate(factor, Attempt(signed_in.session.user_id, response, binding, now, browser))
            for factor, response in readings
            if not isinstance(response, Refused)
        )

    def _renewed(self, tx: Tx, action: Action, signed_in: SignedIn, now: Millis, *, raises: bool) -> SignedIn:
        """Store the session's new assurance, and rotate its token if the policy requires it."""
        demand, session = POLICY[action], signed_in.session
        if demand.new_token is NewToken.ENDS:
            return signed_in
        changes = raises or demand.new_token is NewToken.BY_COOKIE
        rotates = demand.new_token is NewToken.ALWAYS or (signed_in.by_cookie and changes)
        token, token_digest = signed_in.next_token(rotates=rotates)
        # Turning two-factor authentication off lowers the session to level one (`CredentialEvents`).
        if raises and action is not Action.DISABLE:
            sessions.store_raised(tx, session, token_digest)
        elif rotates:
            sessions.rotate(tx, session.id, token_digest)
        if rotates:
            retired_tokens.put(tx, digest(TokenKind.SESSION, signed_in.token), session.user_id, now)
        return msgspec.structs.replace(signed_in, token=token)


def _needs_passkey(demand: Demand, account: Account, offered: StepUpCredentials) -> bool:
    """Tell whether a passkey must have verified its user, as the call demands or in place of the account's password."""
    asks_password = demand.takes_password or offered.password is not None
    return demand.takes_passkey or (asks_password and not account.has_password)


def _raised(signed_in: SignedIn, verified: Verified | None, now: Millis) -> SignedIn:
    if verified is None:
        return signed_in
    raised = rules.raised(signed_in.session, verified.amr, now, user_verified=verified.user_verified)
    return msgspec.structs.replace(signed_in, session=raised)
