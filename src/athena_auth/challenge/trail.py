"""What the trail calls the judgements of each factor."""

from athena_auth.audit.model import Event
from athena_auth.challenge.model import Change, MethodName
from athena_auth.delivery.model import MessageKind

ACCEPTED = {
    (MethodName.TOTP, False): Event.TOTP_ACCEPTED,
    (MethodName.OTP, False): Event.OTP_ACCEPTED,
    (MethodName.BACKUP_CODE, False): Event.BACKUP_CODE_ACCEPTED,
    (MethodName.TOTP, True): Event.STEP_UP_TOTP_ACCEPTED,
    (MethodName.OTP, True): Event.STEP_UP_OTP_ACCEPTED,
    (MethodName.BACKUP_CODE, True): Event.STEP_UP_BACKUP_CODE_ACCEPTED,
}
"""By factor, and whether it was proven in a live session."""

REFUSED = {
    (MethodName.TOTP, False): Event.TOTP_REFUSED,
    (MethodName.OTP, False): Event.OTP_REFUSED,
    (MethodName.BACKUP_CODE, False): Event.BACKUP_CODE_REFUSED,
    (MethodName.TOTP, True): Event.STEP_UP_TOTP_REFUSED,
    (MethodName.OTP, True): Event.STEP_UP_OTP_REFUSED,
    (MethodName.BACKUP_CODE, True): Event.STEP_UP_BACKUP_CODE_REFUSED,
}
"""The same for codes that were wrong."""

CHANGES = {
    Change.PASSWORD_CHANGED: (Event.PASSWORD_CHANGED, MessageKind.PASSWORD_CHANGED),
    Change.PASSWORD_RESET: (Event.PASSWORD_RESET, MessageKind.PASSWORD_WAS_RESET),
    Change.ACCOUNT_RECLAIMED: (Event.ACCOUNT_RECLAIMED, MessageKind.ACCOUNT_RECLAIMED),
    Change.FACTOR_ADDED: (Event.FACTOR_ADDED, MessageKind.FACTOR_ADDED),
    Change.FACTOR_REPLACED: (Event.FACTOR_REPLACED, MessageKind.FACTOR_REPLACED),
    Change.FACTORS_REMOVED: (Event.FACTORS_REMOVED, MessageKind.FACTORS_REMOVED),
    Change.FACTORS_RESET: (Event.FACTORS_RESET, MessageKind.FACTORS_RESET),
}
"""How each change of credentials is recorded, and what the owner is told of it."""
