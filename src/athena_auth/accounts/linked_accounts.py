"""The sign-in methods of a user, as Better Auth's clients request them. Here the only one of theirs is the password."""

from typing import Annotated

import msgspec
from msgspec import Meta

from athena_auth.accounts.model import SignedIn
from athena_auth.wire.fields import Id, Timestamp, timestamp
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody

_PASSWORD = "credential"


class LinkedAccountAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A sign-in method."""

    id: Id
    provider_id: Annotated[str, Meta(description="Always `credential`: the password.", examples=[_PASSWORD])]
    account_id: Id
    user_id: Id
    created_at: Timestamp
    updated_at: Timestamp
    scopes: Annotated[list[str], Meta(description="Always empty; used by external providers.", examples=[[]])]


class LinkedAccountsApi:
    """The route."""

    @get("/list-accounts", tag="accounts")
    async def list_accounts(self, call: Call[SignedIn, NoBody]) -> Reply[list[LinkedAccountAnswer]]:
        """List the sign-in methods.

        There is exactly one, the password; none if the account has no password. Passkeys are listed by
        /passkey/list-user-passkeys.
        """
        account = call.principal.account
        if not account.has_password:
            return Reply([])
        created, updated = timestamp(account.created_at), timestamp(account.updated_at)
        owner = account.id
        return Reply([LinkedAccountAnswer(owner, _PASSWORD, owner, owner, created, updated, scopes=[])])
