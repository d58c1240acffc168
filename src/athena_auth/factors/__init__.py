"""What a second factor of your own is made of (docs/how-to/add-a-factor.md).

A factor is an object with the attributes and methods of `Factor`, of `Enrollable` if account owners turn it on, and of
`Prompting` if it sends a code or returns options. It need not inherit from them. The server builds it from `FactorParts` by
calling the class, or a function, that you pass in the order in which factors are offered:
`Athena(factors=(Totp, Otp, BackupCodes, Mine))`.

`Factor.parse` refuses malformed responses, which are not counted. The server counts any other response before it calls
`verify`: on the challenge at sign-in, and on the account if `is_throttled`. It creates or raises the session after `verify`
returned `Verified`, so a factor can forget neither. `verify` consumes what it verified in the same transaction.
`authenticators` has the table and the life cycle of what account owners enrol; backup codes have a table of their own.
"""

from athena_auth.accounts.model import Account, SignedIn
from athena_auth.factors.backup_codes.factor import BackupCodes
from athena_auth.factors.otp.factor import Otp
from athena_auth.factors.passkeys.factor import Passkeys
from athena_auth.factors.totp.factor import Totp
from athena_auth.kernel.clock import Millis
from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.kernel.ids import UserId, new_id
from athena_auth.mfa import authenticators
from athena_auth.mfa.authenticators import Authenticator, active, all_active, pending
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
    "Passkeys",
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
