"""Links in emails about a blocked account: together with the password, they make a browser a recognized one."""

from athena_auth.accounts.model import Account
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis, after
from athena_auth.recovery import sql
from athena_auth.recovery.model import LIFETIMES, Purpose
from athena_auth.store.transaction import Tx
from athena_auth.wire.redirects import with_parameters


class RecognitionLinks:
    """Creates the links. `page` is the URL of the page that they lead to."""

    lifetime = LIFETIMES[Purpose.RECOGNIZE_BROWSER]
    """Seconds."""

    def __init__(self, page: str) -> None:
        self._page = page

    def make(self, tx: Tx, account: Account, now: Millis) -> str:
        """Store a link for this account in the caller's transaction, and return its URL."""
        token = new_token(TokenKind.MAIL)
        expires_at = after(now, self.lifetime)
        sql.put(
            tx,
            digest(TokenKind.MAIL, token),
            account.id,
            Purpose.RECOGNIZE_BROWSER,
            now=now,
            expires_at=expires_at,
        )
        return with_parameters(self._page, token=token)
