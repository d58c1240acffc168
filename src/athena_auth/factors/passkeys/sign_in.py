"""Signing in with a passkey alone."""

from dataclasses import dataclass
from typing import Any

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.accounts.recovery_cases import cancellation
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.factors.passkeys import ceremonies, sql
from athena_auth.factors.passkeys.factor import Passkeys
from athena_auth.factors.passkeys.model import Asserted, AssertionResponse, Passkey
from athena_auth.factors.passkeys.nonces import SignInNonce, SignInNonces
from athena_auth.factors.passkeys.registration import usable_passkeys_of
from athena_auth.kernel.clock import Clock, Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa.offered import OfferedFactors
from athena_auth.mfa.sign_in_policy import FirstFactor, SessionIssued, SignInPolicy
from athena_auth.mfa.verification import warn_of_copy
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.caller import ClientInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeySignIn:
    """Verifies a passkey that its owner has chosen in the browser; `SignInPolicy` creates the session."""

    factor: Passkeys
    offered: OfferedFactors
    nonces: SignInNonces
    store: Store
    clock: Clock
    sign_in_policy: SignInPolicy
    notifications: SecurityNotifications

    def begin(self) -> tuple[str, dict[str, Any]] | Refused:
        """Return a cookie, and the options for using any passkey of this site; the response must come with the cookie."""
        refused = self.offered.refuse_other(self.factor.name)
        if refused is not None:
            return refused
        cookie, nonce = self.nonces.issue(self.clock.now())
        return cookie, ceremonies.authentication_options(self.factor.site, [], nonce.value, "required")

    async def finish(
        self, cookie: str | None, response: AssertionResponse, first: FirstFactor
    ) -> SessionIssued | Refused:
        """Verify the response and sign its owner in. Without user verification a passkey is one factor, and refused."""
        refused = self.offered.refuse_other(self.factor.name)
        if refused is not None:
            return refused
        now = self.clock.now()
        nonce = self.nonces.read(cookie, now)
        if nonce is None:
            return Refused(ErrorCode.CHALLENGE_NOT_FOUND)

        async def work(tx: Tx) -> SessionIssued | Refused:
            user_id = await sql.owner_of(tx, response.credential_id)
            # Locked first: a change of credentials that comes later finds the session and ends it.
            account = None if user_id is None else await accounts.lock(tx, user_id)
            passkeys = [] if account is None else await usable_passkeys_of(tx, account.id)
            passkey = next((each for each in passkeys if each.credential_id == response.credential_id), None)
            if account is None or passkey is None:
                return Refused(ErrorCode.PASSKEY_NOT_FOUND)
            asserted = ceremonies.verify_assertion(self.factor.site, passkey, response, nonce.value)
            if asserted is None:
                return _refuse(tx, passkey, ErrorCode.AUTHENTICATION_FAILED, first.client, now)
            if not asserted.user_verified:
                return _refuse(tx, passkey, ErrorCode.USER_VERIFICATION_REQUIRED, first.client, now)
            return await self._sign_in(tx, account, passkey, asserted, nonce, first, now)

        return await self.store.transact(work)

    async def _sign_in(
        self,
        tx: Tx,
        account: Account,
        passkey: Passkey,
        asserted: Asserted,
        nonce: SignInNonce,
        first: FirstFactor,
        now: Millis,
    ) -> SessionIssued | Refused:
        if not await sql.consume_nonce(tx, nonce.value, nonce.expires_at):
            return Refused(ErrorCode.CHALLENGE_NOT_FOUND)
        if not await sql.record_use(tx, passkey, asserted, first.client.fingerprint, now):
            return Refused(ErrorCode.PASSKEY_NOT_FOUND)
        issued = self.sign_in_policy.complete_both_factors(tx, account, passkey.amr, passkey.id, first, now)
        if isinstance(issued, Refused):
            return issued
        await cancellation.cancel(tx, self.notifications, account, first.client, now)
        if account.reset_by_mail:
            accounts.clear_reset_by_mail(tx, account.id)
        if asserted.count_decreased:
            session_id = issued.minted.session.id
            await warn_of_copy(tx, self.notifications, account, passkey.id, first.client, session_id, now)
        return issued


def _refuse(tx: Tx, passkey: Passkey, code: ErrorCode, client: ClientInfo, now: Millis) -> Refused:
    """Record the refusal and return it."""
    entry = AuditEvent(
        name=EventName.PASSKEY_REFUSED,
        user_id=passkey.user_id,
        client=client,
        reason=code,
        authenticator_id=passkey.id,
    )
    audit.record(tx, entry, now)
    return Refused(code)
