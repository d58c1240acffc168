"""Stores new accounts, at addresses that no account has and that are reserved for none."""

from athena_auth.accounts.model import Account
from athena_auth.accounts.sql import account_from
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx, UniqueViolation, Value

# An address that an account has left is reserved for it while the change can be undone: nobody else may take it. The
# reservation is made when the change is requested, so a sign-up that waits for the change to commit has seen it already.
_UNLESS_RESERVED = (
    "WHERE NOT EXISTS (SELECT 1 FROM athena_email_change WHERE old_email = :email AND expires_at > :now)"
)
_LOCK_RESERVER = Statement("""
    UPDATE athena_account SET credential_version = credential_version WHERE id =
    (SELECT MIN(user_id) FROM athena_email_change WHERE old_email = :email AND expires_at > :now)
    RETURNING *
""")

_INSERT = Statement(f"""
    INSERT INTO athena_account (id, email, email_verified, name, image, password_hash, credential_version,
                                two_factor_enabled, reset_by_mail, password_changed_at, language, created_at, updated_at)
    SELECT :id, :email, :email_verified, :name, :image, :password_hash, 0, :two_factor_enabled, :reset_by_mail,
           :now, :language, :now, :now
    {_UNLESS_RESERVED}
""")

# The row is written in either case, so that it takes as long for an address that has an account.
_INSERT_OR_LOCK = Statement(f"""
    INSERT INTO athena_account AS a (id, email, email_verified, name, image, password_hash, credential_version,
                                     two_factor_enabled, reset_by_mail, password_changed_at, language, created_at, updated_at)
    SELECT :id, :email, :email_verified, :name, :image, :password_hash, 0, :two_factor_enabled, :reset_by_mail,
           :now, :language, :now, :now
    {_UNLESS_RESERVED}
    ON CONFLICT (email) DO UPDATE SET credential_version = a.credential_version
    RETURNING *
""")


async def insert(tx: Tx, account: Account, password_hash: str) -> None:
    """Store a new account. Raises `UniqueViolation` if the address already has one, or is reserved for one."""
    if await tx.execute(_INSERT, **_columns(account, password_hash)) == 0:
        raise UniqueViolation("the address is reserved for another account")


async def insert_or_lock(tx: Tx, account: Account, password_hash: str) -> Account:
    """Store a new account; if the address has one or is reserved for one, lock that and return it unchanged."""
    columns = _columns(account, password_hash)
    # A third attempt, since the account that had reserved the address may have been deleted in between.
    row = (
        await tx.fetch_one(_INSERT_OR_LOCK, **columns)
        or await tx.fetch_one(_LOCK_RESERVER, email=account.email, now=account.created_at)
        or await tx.fetch_one(_INSERT_OR_LOCK, **columns)
    )
    if row is None:
        raise RuntimeError("The address has no account and is not free.")
    return account_from(row)


def _columns(account: Account, password_hash: str) -> dict[str, Value]:
    return {
        "id": account.id,
        "email": account.email,
        "email_verified": account.email_verified,
        "name": account.name,
        "image": account.image,
        "password_hash": password_hash,
        "two_factor_enabled": account.two_factor_enabled,
        "reset_by_mail": account.reset_by_mail,
        "language": account.language,
        "now": account.created_at,
    }
