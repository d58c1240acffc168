"""What a second factor of your own is made of (docs/how-to/add-a-factor.md).

A factor is a class with the attributes and methods of `Factor`, and of `Enrollable` where the account owner turns it on; it
need not inherit from them. Its instances are made from `FactorParts` and given to the server in the order they are offered:
`Athena(factors=(Totp, Otp, BackupCodes, Mine))`.

The server counts every attempt before the factor sees it, and creates or raises the session afterwards: a factor can forget
neither. It verifies, and consumes what it verified in the same transaction; `authenticators` has the table and the life
cycle that all factors share.
"""

from athena_auth import authenticators
from athena_auth.accounts.model import Account, SignedIn
from athena_auth.authenticators import Authenticator, active, all_active, pending
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.totp.factor import Totp
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.mfa.factor import (
    Attempt,
    Enrollable,
    EnrolmentBegun,
    EnrolmentOptions,
    EnrolmentRequest,
    EnrolmentState,
    Factor,
    FactorParts,
    Prompted,
    Prompting,
    PromptRequest,
    RawResponse,
    Used,
    Verified,
    read_code,
)
from athena_auth.mfa.model import Change
from athena_auth.store.statement import Statement
from athena_auth.store.transaction import Tx

__all__ = [
    "Account",
    "Attempt",
    "Authenticator",
    "BackupCodes",
    "Change",
    "Enrollable",
    "EnrolmentBegun",
    "EnrolmentOptions",
    "EnrolmentRequest",
    "EnrolmentState",
    "ErrorCode",
    "Factor",
    "FactorParts",
    "Millis",
    "Otp",
    "PromptRequest",
    "Prompted",
    "Prompting",
    "RawResponse",
    "Refused",
    "SignedIn",
    "Statement",
    "Totp",
    "Tx",
    "Used",
    "UserId",
    "Verified",
    "active",
    "all_active",
    "authenticators",
    "new_id",
    "pending",
    "read_code",
]
