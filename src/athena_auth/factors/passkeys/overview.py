"""What the pages need to know of an account's passkeys, and what they report to browsers."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.accounts.step_up_policy import Action, StepUp, StepUpCredentials, refuse_stale
from athena_auth.factors.passkeys.answers import PasskeyAnswer, base64url, passkey_answer
from athena_auth.factors.passkeys.ceremonies import display_name_of, user_handle_of
from athena_auth.factors.passkeys.factor import Passkeys, verifies_its_user
from athena_auth.factors.passkeys.model import passkey_of
from athena_auth.factors.passkeys.registration import refuse_more
from athena_auth.kernel.clock import Clock
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import all_active, all_confirmed
from athena_auth.mfa.model import FactorName
from athena_auth.store.transaction import Store
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody


class PasskeySignals(msgspec.Struct, frozen=True, rename="camel"):
    """What browsers and password managers receive by the Signal API (WebAuthn level 3 section 5.1.10).

    They then stop offering removed passkeys, and show the current name and address.
    """

    rp_id: str
    user_id: str
    name: str
    display_name: str
    all_accepted_credential_ids: list[str]


class PasskeyOverviewAnswer(msgspec.Struct, frozen=True):
    """The passkeys of the account, the oldest first."""

    passkeys: list[PasskeyAnswer]
    signals: PasskeySignals
    are_second_factor: bool
    """Whether two-factor authentication is on. Otherwise they only sign in by themselves."""
    can_add: bool
    """Whether this session may add one now, without step-up or another sign-in."""
    can_replace_password: bool
    """Whether one of them can sign in by itself: it verified its user when it was made, and is not suspended."""


@dataclass(frozen=True, slots=True)
class PasskeyOverviewApi:
    """The passkeys of an account, for the server's own pages. Its route is not served."""

    factor: Passkeys
    step_up: StepUp
    store: Store
    clock: Clock

    @get("/passkey/overview")
    async def overview(self, call: Call[SignedIn, NoBody]) -> Reply[PasskeyOverviewAnswer]:
        """Get the passkeys, whether another can be added, and what the browser receives."""
        signed_in = call.principal
        account = signed_in.account
        loaded = await self.store.read(lambda tx: authenticators.load(tx, account.id))
        passkeys = [passkey_of(each) for each in all_confirmed(loaded, FactorName.PASSKEY)]
        can_replace_password = any(map(verifies_its_user, all_active(loaded, FactorName.PASSKEY)))
        answers = [passkey_answer(passkey) for passkey in passkeys]
        signals = PasskeySignals(
            self.factor.site.id,
            base64url(user_handle_of(account.id)),
            account.email,
            display_name_of(account),
            [answer.credential_id for answer in answers],
        )
        action, now = Action.BEGIN_PASSKEY, self.clock.now()
        is_stale = refuse_stale(self.step_up, action, signed_in, StepUpCredentials(), now) is not None
        is_due = is_stale or self.step_up.is_due(action, signed_in)
        can_add = not is_due and refuse_more(passkeys) is None
        return Reply(
            PasskeyOverviewAnswer(answers, signals, account.two_factor_enabled, can_add, can_replace_password)
        )
