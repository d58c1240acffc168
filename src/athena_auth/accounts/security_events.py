"""The recent security events of an account, for its owner."""

from dataclasses import dataclass

import msgspec

from athena_auth.accounts.model import SignedIn
from athena_auth.audit import sql as audit
from athena_auth.kernel.clock import Millis
from athena_auth.store.transaction import Store
from athena_auth.wire.fields import timestamp
from athena_auth.wire.handlers import get
from athena_auth.wire.reply import Reply
from athena_auth.wire.route import Call, NoBody

MOST_EVENTS = 50


class SecurityEventAnswer(msgspec.Struct, frozen=True):
    """An event of the audit log."""

    name: str
    """An `EventName`, or the name of a verification."""
    at: str
    """RFC 3339, in UTC."""
    ip_address: str
    """Empty for an operator's action."""
    user_agent: str


@dataclass(frozen=True, slots=True)
class SecurityEventsApi:
    """The events, for the server's own pages. Its route is not served."""

    store: Store

    @get("/security-events")
    async def events(self, call: Call[SignedIn, NoBody]) -> Reply[list[SecurityEventAnswer]]:
        """List the newest events of the account, newest first."""
        user_id = call.principal.account.id
        found = await self.store.read(lambda tx: audit.load(tx, user_id, since=Millis(0), most=MOST_EVENTS))
        return Reply(
            [
                SecurityEventAnswer(
                    each.entry.name,
                    timestamp(each.at),
                    each.entry.client.address,
                    each.entry.client.user_agent,
                )
                for each in found
            ]
        )
