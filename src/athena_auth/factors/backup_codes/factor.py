"""Backup codes as a second factor. All methods run in the caller's transaction."""

from collections.abc import Sequence

from athena_auth.accounts.model import Account
from athena_auth.crypto.codes import BACKUP_CODE_COUNT, is_backup_code, new_backup_code, normalised_code
from athena_auth.factors.backup_codes import sql
from athena_auth.factors.backup_codes.sql import BackupCodeState
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId
from athena_auth.kernel.texts import Text
from athena_auth.mfa.authenticators import Authenticator
from athena_auth.mfa.factor import Attempt, FactorParts, RawResponse, Used, Verified
from athena_auth.mfa.model import Change, FactorName
from athena_auth.sessions.model import Amr
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

_MALFORMED = Text(
    "This is not a backup code. It has 16 letters and digits, in groups of four, without 0, 1, l and o."
)


class BackupCodes:
    """Generates and verifies backup codes."""

    name: str = FactorName.BACKUP_CODE
    code_name = "backup code"
    sweeps: tuple[Statement, ...] = ()
    is_throttled = False
    """80 bits cannot be guessed, and owners whose other factors are blocked must be able to sign in with one."""

    def __init__(self, parts: FactorParts) -> None:
        self._keyring = parts.keyring

    def parse(self, response: RawResponse) -> str | Refused:
        """Return the letters and digits; refuse what cannot be a backup code."""
        code = normalised_code(response) if isinstance(response, str) else ""
        return code if is_backup_code(code) else Refused(ErrorCode.INVALID_BACKUP_CODE, _MALFORMED)

    async def is_available(self, tx: Tx, account: Account, _enrolled: Sequence[Authenticator]) -> bool:
        """Tell whether any unused code is left."""
        return await self.left(tx, account.id) > 0

    async def left(self, tx: Tx, user_id: UserId) -> int:
        """Return the number of unused codes."""
        return await sql.count(tx, user_id, BackupCodeState.ACTIVE)

    async def state_of(self, tx: Tx, user_id: UserId, code: str) -> BackupCodeState | None:
        """Return the state of a parsed code without consuming it; None if the account has no such code."""
        for code_hash in self._keyring.possible_hashes(code, _context(user_id)):
            state = await sql.state_of(tx, user_id, code_hash)
            if state is not None:
                return state
        return None

    def credentials_changed(self, change: Change) -> tuple[Statement, ...]:
        """Activate a pending set with its factor; delete it with the password; delete all sets with the factors."""
        return sql.credentials_changed(change)

    async def verify(self, tx: Tx, attempt: Attempt[str]) -> Verified | Refused | Used:
        """Verify and consume a code by one guarded write."""
        hashes = self._keyring.possible_hashes(attempt.response, _context(attempt.user_id))
        for code_hash in hashes:
            if await sql.consume(tx, attempt.user_id, code_hash, attempt.browser):
                left = await self.left(tx, attempt.user_id)
                return Verified(self.name, Amr.BACKUP_CODE, codes_left=left)
        for code_hash in hashes:
            used_by = await sql.used_by(tx, attempt.user_id, code_hash)
            if used_by is not None:
                sql.mark_reused(tx, attempt.user_id, code_hash, attempt.browser)
                return Used(await self._refusal(tx, attempt), elsewhere=used_by != attempt.browser)
        return await self._refusal(tx, attempt)

    async def _refusal(self, tx: Tx, attempt: Attempt[str]) -> Refused:
        hashes = await sql.load_hashes(tx, attempt.user_id)
        for code_hash in hashes:
            # While a secret is not configured, correct codes must not count as wrong.
            self._keyring.require_known(code_hash)
        return Refused(ErrorCode.INVALID_BACKUP_CODE if hashes else ErrorCode.BACKUP_CODES_NOT_ENABLED)

    async def discard_pending(self, tx: Tx, user_id: UserId) -> None:
        """Delete the codes of an enrolment that was not confirmed."""
        await sql.discard_pending(tx, user_id)

    async def issue(self, tx: Tx, user_id: UserId, state: BackupCodeState, now: Millis) -> list[str]:
        """Generate a new set, either active at once or pending until its enrolment is confirmed."""
        codes = [new_backup_code() for _ in range(BACKUP_CODE_COUNT)]
        hashes = [self._keyring.hash_code(normalised_code(code), _context(user_id)) for code in codes]
        await sql.replace(tx, user_id, hashes, state, now)
        return codes


def _context(user_id: UserId) -> str:
    # Hashes are bound to the account, so a code of one account never matches in another (CVE-2025-64175).
    return f"backup-code:{user_id}"
