"""The Python client of an Athena Auth server: `AthenaClient` blocks, `AsyncAthenaClient` awaits (asyncio or trio)."""

from athena_auth_client.clients import AsyncAthenaClient, AthenaClient
from athena_auth_client.connection import Options
from athena_auth_client.errors import (
    AthenaError,
    ChallengeEndedError,
    NetworkError,
    RateLimitedError,
    ServiceUnavailableError,
    StepUpRequiredError,
    TokenStoreError,
    UnauthorizedError,
    WrongCodeError,
)
from athena_auth_client.models import (
    BackupCodes,
    CurrentSession,
    Enrolment,
    Method,
    NewSession,
    OtpEnrolment,
    RecoveryOpened,
    Session,
    SignedIn,
    SignedInByBackupCode,
    SignedUp,
    TotpEnrolment,
    TotpUri,
    TrustedDevice,
    TwoFactorStatus,
    User,
)
from athena_auth_client.required_enrolment import RequiredEnrolment
from athena_auth_client.second_factor import Challenge
from athena_auth_client.senders import Async, Sync
from athena_auth_client.tokens import FileTokenStore, MemoryTokenStore, Tokens, TokenStore

__all__ = [
    "Async",
    "AsyncAthenaClient",
    "AthenaClient",
    "AthenaError",
    "BackupCodes",
    "Challenge",
    "ChallengeEndedError",
    "CurrentSession",
    "Enrolment",
    "FileTokenStore",
    "MemoryTokenStore",
    "Method",
    "NetworkError",
    "NewSession",
    "Options",
    "OtpEnrolment",
    "RateLimitedError",
    "RecoveryOpened",
    "RequiredEnrolment",
    "ServiceUnavailableError",
    "Session",
    "SignedIn",
    "SignedInByBackupCode",
    "SignedUp",
    "StepUpRequiredError",
    "Sync",
    "TokenStore",
    "TokenStoreError",
    "Tokens",
    "TotpEnrolment",
    "TotpUri",
    "TrustedDevice",
    "TwoFactorStatus",
    "UnauthorizedError",
    "User",
    "WrongCodeError",
]
