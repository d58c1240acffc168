"""What follows a verified factor, apart from the session: the audit log, notifications and device trust."""

from athena_auth.accounts import sql as accounts
from athena_auth.accounts.model import Account
from athena_auth.accounts.notifications import SecurityNotifications
from athena_auth.audit import sql as audit
from athena_auth.audit.model import AuditEvent, EventName
from athena_auth.challenge.audit_events import ACCEPTED
from athena_auth.challenge.factor import DeviceTrust, Verified
from athena_auth.challenge.verification import RequestContext
from athena_auth.delivery.model import MessageKind
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import SessionId
from athena_auth.sessions.model import Amr
from athena_auth.store.transaction import Tx

_NOT_BY_MAIL = frozenset({Amr.TOTP, Amr.TEXT, Amr.BACKUP_CODE})


class SuccessRecorder:
    """Records a verified factor, notifies the owner and trusts the device, in the caller's transaction."""

    def __init__(self, notifications: SecurityNotifications, trust: DeviceTrust) -> None:
        self._notifications = notifications
        self._trust = trust

    async def record(
        self,
        tx: Tx,
        account: Account,
        verified: Verified,
        context: RequestContext,
        session_id: SessionId,
        *,
        trust_device: bool,
        now: Millis,
    ) -> str | None:
        """Record the success; return the trust token if the device becomes trusted."""
        event = ACCEPTED[verified.method, context.session_id is not None]
        entry = AuditEvent(name=event, user_id=account.id, client=context.client, session_id=session_id)
        audit.record(tx, entry, now)
        if verified.codes_left is not None:
            kind, left = MessageKind.BACKUP_CODE_USED, verified.codes_left
            await self._notifications.notify(tx, account, kind, context.client, now, codes_left=left)
        if account.reset_by_mail and verified.amr in _NOT_BY_MAIL:
            accounts.clear_reset_by_mail(tx, account.id)
        return await self._trusted(tx, account, context, session_id, now) if trust_device else None

    async def _trusted(
        self, tx: Tx, account: Account, context: RequestContext, session_id: SessionId, now: Millis
    ) -> str | None:
        granted = self._trust.grant(tx, account.id, context.client, now)
        entry = AuditEvent(
            name=EventName.TRUST_GRANTED,
            user_id=account.id,
            client=context.client,
            session_id=session_id,
            device_id=granted.device_id,
        )
        audit.record(tx, entry, now)
        await self._notifications.notify(tx, account, MessageKind.DEVICE_TRUSTED, context.client, now)
        return granted.token
