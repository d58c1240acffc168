"""RedirectPolicy in mails about a blocked account: with the password, they make a browser a recognized one."""

from athena_auth.accounts.model import Account
from athena_auth.crypto.tokens import TokenKind, digest, new_token
from athena_auth.kernel.clock import Millis, after
from athena_auth.recovery import sql
from athena_auth.recovery.model import LIFETIMES, Purpose
from athena_auth.store.transaction import Tx
from athena_auth.wire.redirects import with_parameters


class RecognitionLinks:
    """Makes the links."""

    lifetime = LIFETIMES[Purpose.RECOGNIZE_BROWSER]
    """Seconds."""

    def __init__(self, page: str) -> None:
        """Take the address of the page they lead to."""
        self._page = page

    def make(self, tx: Tx, account: Account, now: Millis) -> str:
        """Return a link for the owner of this account; it is stored with the rest of the transaction."""
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
