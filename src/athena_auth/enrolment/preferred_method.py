"""The second factor that an account owner wants to be offered first."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import SignedIn
from athena_auth.enrolment.service import Factors
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.mfa import authenticators
from athena_auth.mfa.model import FactorName
from athena_auth.store.transaction import Store, Tx
from athena_auth.wire.bodies import StatusAnswer
from athena_auth.wire.handlers import post
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call


class PreferredMethodBody(msgspec.Struct, frozen=True):
    """The method to offer first."""

    method: Annotated[
        str | None,
        Meta(
            description="One of the account's `methods`, except `backup-code`; null for the server's order.",
            examples=["totp"],
        ),
    ]


@dataclass(frozen=True, slots=True)
class PreferredMethodApi:
    """The route that stores the owner's choice."""

    factors: Factors
    store: Store

    @post("/two-factor/set-preferred-method", errors=(ErrorCode.METHOD_NOT_AVAILABLE,))
    async def set_preferred_method(
        self, call: Call[SignedIn, PreferredMethodBody]
    ) -> Reply[StatusAnswer] | Refused:
        """Choose the second factor to offer first.

        It is `preferredMethod` of the sign-in and of the status, as long as it is available. `twoFactorMethods` keeps its
        order. Backup codes cannot be preferred, because they run out.
        """
        account, method = call.principal.account, call.body.method
        factor = next((each for each in self.factors.offered.factors if each.name == method), None)

        async def work(tx: Tx) -> bool:
            if method is not None:
                if factor is None or factor.name == FactorName.BACKUP_CODE or not account.two_factor_enabled:
                    return False
                if not await factor.is_available(tx, account, await authenticators.load(tx, account.id)):
                    return False
            await accounts.set_preferred_method(tx, account.id, method)
            return True

        is_set = await self.store.transact(work)
        return Reply(StatusAnswer()) if is_set else Refused(ErrorCode.METHOD_NOT_AVAILABLE)
