"""What follows once a factor was proven, beside the session: the trail, the news, a device that is trusted."""

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.news import News
from athena_auth.audit import sql as audit
from athena_auth.audit.model import Entry, Event
from athena_auth.challenge.judge import Circumstances
from athena_auth.challenge.method import DeviceTrust, Proven
from athena_auth.challenge.trail import ACCEPTED
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Tx

_NOT_BY_MAIL = frozenset({Amr.TOTP, Amr.TEXT, Amr.BACKUP_CODE})


class Aftermath:
    """Records a proven factor and what came of it, in the caller's transaction."""

    def __init__(self, news: News, trust: DeviceTrust) -> None:
        """Take the way to write to owners, and the devices."""
        self._news = news
        self._trust = trust

    async def of(
        self,
        tx: Tx,
        account: Account,
        proven: Proven,
        where: Circumstances,
        session_id: SessionId,
        *,
        trust_device: bool,
        now: Millis,
    ) -> str | None:
        """Return the token of the device, if it is trusted from now on."""
        event = ACCEPTED[proven.method, where.session_id is not None]
        entry = Entry(event=event, user_id=account.id, client=where.client, session_id=session_id)
        audit.record(tx, entry, now)
        if proven.codes_left is not None:
            kind, left = MessageKind.BACKUP_CODE_USED, proven.codes_left
            await self._news.tell(tx, account, kind, where.client, now, codes_left=left)
        if account.reset_by_mail and proven.amr in _NOT_BY_MAIL:
            accounts.clear_reset_by_mail(tx, account.id)
        return await self._trusted(tx, account, where, session_id, now) if trust_device else None

    async def _trusted(
        self, tx: Tx, account: Account, where: Circumstances, session_id: SessionId, now: Millis
    ) -> str | None:
        granted = self._trust.grant(tx, account.id, where.client, now)
        entry = Entry(
            event=Event.TRUST_GRANTED,
            user_id=account.id,
            client=where.client,
            session_id=session_id,
            device_id=granted.device_id,
        )
        audit.record(tx, entry, now)
        await self._news.tell(tx, account, MessageKind.DEVICE_TRUSTED, where.client, now)
        return granted.token
