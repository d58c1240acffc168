"""Whether a password may be set: the pure rules, then the check for known breaches."""

from dataclasses import dataclass

from athena_auth.accounts.breaches.check import BreachCheck
from athena_auth.accounts.rules import refuse_password
from athena_auth.kernel.errors import ErrorCode, Refused


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Decides about new passwords (SP 800-63B-4 section 3.1.1.2, ASVS 6.2.12)."""

    breaches: BreachCheck

    async def refuse(self, password: str, email: str) -> Refused | None:
        """Return why this cannot be the password of the account with this address, as `refuse_password` does, or None."""
        refused = refuse_password(password, email)
        if refused is not None:
            return refused
        if await self.breaches.is_breached(password):
            return Refused(ErrorCode.PASSWORD_COMPROMISED)
        return None
