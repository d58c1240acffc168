"""Creating accounts and finding them by an email address as typed."""

from athena_auth.accounts import rules, sql
from athena_auth.accounts.model import Account
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.store.transaction import Tx


def new_account(
    email: str,
    name: str,
    image: str | None,
    now: Millis,
    *,
    email_verified: bool = False,
    language: str | None = None,
) -> Account | Refused:
    """Return an account that is not stored yet, or the refusal if the address is not valid."""
    address = rules.normalised_email(email)
    if address is None:
        return Refused(ErrorCode.INVALID_EMAIL)
    return Account(
        id=UserId(new_id(now)),
        email=address,
        email_verified=email_verified,
        name=name.strip(),
        image=image,
        two_factor_enabled=False,
        reset_by_mail=False,
        password_changed_at=now,
        created_at=now,
        updated_at=now,
        language=language,
    )


async def find(tx: Tx, email: str) -> Account | None:
    """Load the account with this address; None when there is no such account or the address is not valid."""
    address = rules.normalised_email(email)
    stored = None if address is None else await sql.load_password_by_email(tx, address)
    return None if stored is None else stored.account
