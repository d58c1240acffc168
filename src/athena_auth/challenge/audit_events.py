"""The audit events of verified codes and of changed credentials."""

from athena_auth.audit.model import EventName
from athena_auth.challenge.model import Change, FactorName
from athena_auth.delivery.model import MessageKind

ACCEPTED = {
    (FactorName.TOTP, False): EventName.TOTP_ACCEPTED,
    (FactorName.OTP, False): EventName.OTP_ACCEPTED,
    (FactorName.BACKUP_CODE, False): EventName.BACKUP_CODE_ACCEPTED,
    (FactorName.TOTP, True): EventName.STEP_UP_TOTP_ACCEPTED,
    (FactorName.OTP, True): EventName.STEP_UP_OTP_ACCEPTED,
    (FactorName.BACKUP_CODE, True): EventName.STEP_UP_BACKUP_CODE_ACCEPTED,
}
"""By factor, and whether the code was verified in a live session."""

REFUSED = {
    (FactorName.TOTP, False): EventName.TOTP_REFUSED,
    (FactorName.OTP, False): EventName.OTP_REFUSED,
    (FactorName.BACKUP_CODE, False): EventName.BACKUP_CODE_REFUSED,
    (FactorName.TOTP, True): EventName.STEP_UP_TOTP_REFUSED,
    (FactorName.OTP, True): EventName.STEP_UP_OTP_REFUSED,
    (FactorName.BACKUP_CODE, True): EventName.STEP_UP_BACKUP_CODE_REFUSED,
}
"""The same for wrong codes."""

CHANGES = {
    Change.PASSWORD_CHANGED: (EventName.PASSWORD_CHANGED, MessageKind.PASSWORD_CHANGED),
    Change.PASSWORD_RESET: (EventName.PASSWORD_RESET, MessageKind.PASSWORD_WAS_RESET),
    Change.ACCOUNT_RECLAIMED: (EventName.ACCOUNT_RECLAIMED, MessageKind.ACCOUNT_RECLAIMED),
    Change.FACTOR_ADDED: (EventName.FACTOR_ADDED, MessageKind.FACTOR_ADDED),
    Change.FACTOR_REPLACED: (EventName.FACTOR_REPLACED, MessageKind.FACTOR_REPLACED),
    Change.FACTORS_REMOVED: (EventName.FACTORS_REMOVED, MessageKind.FACTORS_REMOVED),
    Change.FACTORS_RESET: (EventName.FACTORS_RESET, MessageKind.FACTORS_RESET),
}
"""The audit event of each change of credentials, and the notification to the owner."""
