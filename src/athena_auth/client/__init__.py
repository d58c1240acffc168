"""The Python client of an Athena server: `AthenaClient` for programs that block, `AsyncAthenaClient` for others.

It needs the extra `client` (httpx and anyio) and msgspec, and nothing of the server it is shipped with.
"""

from athena_auth.extras import missing_extra

try:
    from athena_auth.client.answers import (
        BackupCodes,
        CurrentSession,
        Enrolment,
        Method,
        NewSession,
        Session,
        SignedIn,
        SignedInByBackupCode,
        TotpUri,
        TrustedDevice,
        TwoFactorStatus,
        User,
    )
    from athena_auth.client.clients import AsyncAthenaClient, AthenaClient
    from athena_auth.client.connection import Options
    from athena_auth.client.errors import (
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
    from athena_auth.client.second_step import Challenge
    from athena_auth.client.senders import Async, Sync
    from athena_auth.client.tokens import FileTokenStore, MemoryTokenStore, Tokens, TokenStore
except ModuleNotFoundError as error:
    raise missing_extra(__name__, "client", error) from error

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
    "RateLimitedError",
    "ServiceUnavailableError",
    "Session",
    "SignedIn",
    "SignedInByBackupCode",
    "StepUpRequiredError",
    "Sync",
    "TokenStore",
    "TokenStoreError",
    "Tokens",
    "TotpUri",
    "TrustedDevice",
    "TwoFactorStatus",
    "UnauthorizedError",
    "User",
    "WrongCodeError",
]
