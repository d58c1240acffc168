"""Statements on `athena_account`."""

import msgspec
from msgspec import UNSET

from athena_auth.accounts.model import Account, CredentialVersion, ProfileChanges, SignedIn
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.ids import UserId
from athena_auth.sessions.sql import session_from
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Row, Tx
from athena_auth.wire.caller import ClientInfo


class StoredPassword(msgspec.Struct, frozen=True):
    """A password hash and the credential version that it belongs to."""

    account: Account
    encoded: str
    version: CredentialVersion

    def __repr__(self) -> str:
        return f"StoredPassword({self.account.id})"


# The columns of a session and of its owner in one row. `SELECT *` of both would return `id`, `created_at` and
# `updated_at` twice.
_LOAD_SIGNED_IN = Statement("""
    SELECT s.*, a.email, a.email_verified, a.name, a.image, a.two_factor_enabled, a.reset_by_mail,
           a.password_changed_at, a.language, a.recovery_case, a.recovered_at, a.second_factor_due_at, a.preferred_method,
           a.breach_found_for, a.password_removed_at,
           a.created_at AS account_created_at, a.updated_at AS account_updated_at
    FROM athena_session s JOIN athena_account a ON a.id = s.user_id
    WHERE s.token_digest = :token_digest AND s.expires_at > :now
""")

_LOAD = Statement("SELECT * FROM athena_account WHERE id = :id")
_LOAD_WITH_SESSIONS = Statement("""
    SELECT a.*, (SELECT COUNT(*) FROM athena_session s WHERE s.user_id = a.id) AS sessions
    FROM athena_account a WHERE a.id = :id
""")
_LOAD_BY_EMAIL = Statement("SELECT * FROM athena_account WHERE email = :email")
_LOAD_NEAREST = Statement("SELECT * FROM athena_account WHERE email >= :email ORDER BY email LIMIT 1")

_LOCK_IF_CURRENT = Statement("""
    UPDATE athena_account SET credential_version = credential_version
    WHERE id = :id AND credential_version = :version
    RETURNING *
""")

_LOCK = Statement(
    "UPDATE athena_account SET credential_version = credential_version WHERE id = :id RETURNING *"
)

_CHANGE_CREDENTIALS = Statement("""
    UPDATE athena_account
    SET credential_version = credential_version + 1, updated_at = :now,
        two_factor_enabled = COALESCE(:two_factor_enabled, two_factor_enabled),
        recovered_at = CASE WHEN :two_factor_enabled IS NULL THEN recovered_at END
    WHERE id = :id
    RETURNING *
""")

_REHASH_PASSWORD = Statement("UPDATE athena_account SET password_hash = :password_hash WHERE id = :id")
# The value changes each time, even if the clock is set back: recognized browsers are bound to it.
_CHANGED = "CASE WHEN password_changed_at >= :now THEN password_changed_at + 1 ELSE :now END"
_SET_PASSWORD = Statement(f"""
    UPDATE athena_account SET password_hash = :password_hash, password_changed_at = {_CHANGED} WHERE id = :id
""")  # noqa: S608 - composed of this file's own words

# The hash is that of a random password, so that a sign-in costs and answers the same as with a wrong password. Every new
# password changes `password_changed_at`, also on a server of the version before, and so ends the removal.
_REMOVE_PASSWORD = Statement(f"""
    UPDATE athena_account
    SET password_hash = :unknown_hash, password_changed_at = {_CHANGED}, password_removed_at = {_CHANGED}
    WHERE id = :id
""")  # noqa: S608 - as above

_RESET_PASSWORD = Statement(f"""
    UPDATE athena_account
    SET password_hash = :password_hash, password_changed_at = {_CHANGED}, reset_by_mail = :yes, email_verified = :yes
    WHERE id = :id
""")  # noqa: S608 - as above
_CLEAR_RESET_BY_MAIL = Statement("UPDATE athena_account SET reset_by_mail = :no WHERE id = :id")

_MARK_BREACHED = Statement("""
    UPDATE athena_account SET breach_found_for = password_changed_at
    WHERE id = :id AND password_changed_at = :changed_at
      AND (breach_found_for IS NULL OR breach_found_for <> password_changed_at)
    RETURNING *
""")

_UPDATE_PROFILE = Statement("""
    UPDATE athena_account SET name = COALESCE(:name, name),
           image = CASE WHEN :set_image THEN :image ELSE image END,
           language = CASE WHEN :set_language THEN :language ELSE language END, updated_at = :now
    WHERE id = :id
""")

_SET_PREFERRED_METHOD = Statement("UPDATE athena_account SET preferred_method = :method WHERE id = :id")

_VERIFY_EMAIL = Statement("""
    UPDATE athena_account SET email_verified = :yes, updated_at = :now WHERE id = :id AND NOT email_verified
""")

_DELETE = Statement("DELETE FROM athena_account WHERE id = :id")


def account_from(row: Row) -> Account:
    """Read an account from the columns of `athena_account`."""
    return _account(row, row["id"], row["created_at"], row["updated_at"])


def _account(row: Row, user_id: UserId, created_at: Millis, updated_at: Millis) -> Account:
    return Account(
        id=user_id,
        email=row["email"],
        email_verified=bool(row["email_verified"]),
        name=row["name"],
        image=row["image"],
        two_factor_enabled=bool(row["two_factor_enabled"]),
        reset_by_mail=bool(row["reset_by_mail"]),
        password_changed_at=row["password_changed_at"],
        created_at=created_at,
        updated_at=updated_at,
        language=row["language"],
        recovery_case=row["recovery_case"],
        recovered_at=row["recovered_at"],
        second_factor_due_at=row["second_factor_due_at"],
        preferred_method=row["preferred_method"],
        password_is_breached=row["breach_found_for"] == row["password_changed_at"],
        has_password=row["password_removed_at"] != row["password_changed_at"],
    )


def _stored_password(row: Row | None) -> StoredPassword | None:
    if row is None:
        return None
    version = CredentialVersion(row["id"], row["credential_version"])
    return StoredPassword(account_from(row), row["password_hash"], version)


async def load_signed_in(
    tx: Tx, token: str, token_digest: bytes, client: ClientInfo, now: Millis, *, by_cookie: bool = False
) -> SignedIn | None:
    """Load the live session of this token and its owner, in one statement."""
    row = await tx.fetch_one(_LOAD_SIGNED_IN, token_digest=token_digest, now=now)
    if row is None:
        return None
    account = _account(row, row["user_id"], row["account_created_at"], row["account_updated_at"])
    return SignedIn(session_from(row), account, token, client, by_cookie)


async def load(tx: Tx, user_id: UserId) -> Account | None:
    """Load an account."""
    row = await tx.fetch_one(_LOAD, id=user_id)
    return None if row is None else account_from(row)


async def load_with_sessions(tx: Tx, user_id: UserId) -> tuple[Account, int] | None:
    """Load an account and the number of its sessions."""
    row = await tx.fetch_one(_LOAD_WITH_SESSIONS, id=user_id)
    return None if row is None else (account_from(row), row["sessions"])


async def load_password(tx: Tx, user_id: UserId) -> StoredPassword | None:
    """Load an account's password hash."""
    return _stored_password(await tx.fetch_one(_LOAD, id=user_id))


async def load_nearest_password(tx: Tx, email: str) -> StoredPassword | None:
    """Load the password hash of this address or, if it has no account, of the next address in order."""
    return _stored_password(await tx.fetch_one(_LOAD_NEAREST, email=email))


async def load_password_by_email(tx: Tx, email: str) -> StoredPassword | None:
    """Load the password hash of the account with this normalised address."""
    return _stored_password(await tx.fetch_one(_LOAD_BY_EMAIL, email=email))


async def lock_if_current(tx: Tx, version: CredentialVersion) -> Account | None:
    """Lock the account until the transaction ends, if its credentials still have this version.

    None means that they were changed after the password was verified. A concurrent change waits for the lock, and then
    finds and revokes what this transaction adds.
    """
    row = await tx.fetch_one(_LOCK_IF_CURRENT, id=version.user_id, version=version.number)
    return None if row is None else account_from(row)


async def lock(tx: Tx, user_id: UserId) -> Account | None:
    """Lock the account until the transaction ends, and load it; None when it no longer exists."""
    row = await tx.fetch_one(_LOCK, id=user_id)
    return None if row is None else account_from(row)


async def change_credentials(
    tx: Tx, user_id: UserId, now: Millis, *, two_factor_enabled: bool | None
) -> Account | None:
    """Begin a new credential version; unless None, also store whether two-factor authentication is on."""
    row = await tx.fetch_one(_CHANGE_CREDENTIALS, id=user_id, now=now, two_factor_enabled=two_factor_enabled)
    return None if row is None else account_from(row)


def rehash_password(tx: Tx, user_id: UserId, password_hash: str) -> None:
    """Replace the hash of an unchanged password."""
    tx.defer(_REHASH_PASSWORD, id=user_id, password_hash=password_hash)


async def set_password(tx: Tx, user_id: UserId, password_hash: str, now: Millis) -> None:
    """Replace the password."""
    await tx.execute(_SET_PASSWORD, id=user_id, password_hash=password_hash, now=now)


async def remove_password(tx: Tx, user_id: UserId, unknown_hash: str, now: Millis) -> None:
    """Remove the password. `unknown_hash` is that of a random one, which takes its place."""
    await tx.execute(_REMOVE_PASSWORD, id=user_id, unknown_hash=unknown_hash, now=now)


async def reset_password(tx: Tx, user_id: UserId, password_hash: str, now: Millis) -> None:
    """Replace the password by a link from an email, which also verifies the address."""
    await tx.execute(_RESET_PASSWORD, id=user_id, password_hash=password_hash, yes=True, now=now)


def clear_reset_by_mail(tx: Tx, user_id: UserId) -> None:
    """Record that a factor other than the mailbox was verified since the password was reset."""
    tx.defer(_CLEAR_RESET_BY_MAIL, id=user_id, no=False)


async def mark_breached(tx: Tx, user_id: UserId, changed_at: Millis) -> Account | None:
    """Record that the password that was set at this time was found in a breach.

    None means that this is recorded already, or that the password was changed in the meantime.
    """
    row = await tx.fetch_one(_MARK_BREACHED, id=user_id, changed_at=changed_at)
    return None if row is None else account_from(row)


async def update_profile(tx: Tx, user_id: UserId, now: Millis, changes: ProfileChanges) -> bool:
    """Make the changes; False when the account no longer exists."""
    changed = await tx.execute(
        _UPDATE_PROFILE,
        id=user_id,
        name=None if changes.name is UNSET else changes.name,
        image=None if changes.image is UNSET else changes.image,
        set_image=changes.image is not UNSET,
        language=None if changes.language is UNSET else changes.language,
        set_language=changes.language is not UNSET,
        now=now,
    )
    return changed == 1


async def set_preferred_method(tx: Tx, user_id: UserId, method: str | None) -> None:
    """Store which second factor to offer first; None for the server's order."""
    await tx.execute(_SET_PREFERRED_METHOD, id=user_id, method=method)


async def mark_email_verified(tx: Tx, user_id: UserId, now: Millis) -> None:
    """Record that the owner's email address is verified."""
    await tx.execute(_VERIFY_EMAIL, id=user_id, yes=True, now=now)


async def delete(tx: Tx, user_id: UserId) -> bool:
    """Delete an account and all its data; False when it no longer exists."""
    return await tx.execute(_DELETE, id=user_id) == 1
