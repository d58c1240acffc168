"""The events of the audit log in words for account owners."""

from athena_auth.audit.model import EventName, Stage, Verdict
from athena_auth.mfa.model import FactorName
from athena_auth.pages.notices import mark

_TEXTS: dict[str, str] = {
    EventName.SIGNED_UP: mark("The account was created"),
    EventName.PASSWORD_ACCEPTED: mark("Signed in with the password"),
    EventName.PASSWORD_REFUSED: mark("A sign-in with a wrong password was refused"),
    EventName.CHALLENGE_ISSUED: mark("The password was correct; a second step was asked for"),
    EventName.TRUST_ACCEPTED: mark("Signed in with the password in a trusted browser"),
    EventName.OTP_SENT: mark("A code was sent"),
    EventName.CODE_REUSED: mark("A code was entered a second time, and refused"),
    EventName.SECOND_STEP_CLOSED: mark("Too many wrong codes: codes are refused for a while"),
    EventName.STEP_UP_PASSWORD_ACCEPTED: mark("The password was confirmed for a change"),
    EventName.STEP_UP_PASSWORD_REFUSED: mark("A wrong password was entered for a change"),
    EventName.SECRET_REVEALED: mark("The secret of the authenticator app was shown"),
    EventName.ENROLMENT_BEGUN: mark("Setting up a second factor was started"),
    EventName.FACTOR_ADDED: mark("A second factor was turned on"),
    EventName.FACTOR_REPLACED: mark("A second factor was replaced"),
    EventName.FACTORS_REMOVED: mark("Two-factor authentication was turned off"),
    EventName.BACKUP_CODES_GENERATED: mark("New backup codes were made"),
    EventName.PASSWORD_CHANGED: mark("The password was changed"),
    EventName.PASSWORD_RESET_ASKED: mark("A link for a new password was requested"),
    EventName.PASSWORD_RESET: mark("A new password was set with a link from an email"),
    EventName.ACCOUNT_RECLAIMED: mark(
        "The password was set with a link from an email, and two-factor authentication was turned off"
    ),
    EventName.EMAIL_VERIFIED: mark("The email address was verified"),
    EventName.BROWSER_RECOGNIZED: mark("A browser was allowed to sign in, with a link from an email"),
    EventName.DELETED: mark("The account was deleted"),
    EventName.TRUST_GRANTED: mark("A browser was trusted"),
    EventName.TRUST_REUSED: mark("A copy of a trusted browser was used; the browser was signed out"),
    EventName.TRUST_REVOKED: mark("A browser is no longer trusted"),
    EventName.SESSION_REVOKED: mark("Other sessions were ended"),
    EventName.SIGNED_OUT: mark("Signed out"),
    EventName.UNLOCKED: mark("The operator unlocked the account"),
    EventName.DATABASE_RESTORED: mark("The operator restored a backup; all sessions were ended"),
    EventName.CREATED_BY_OPERATOR: mark("The operator created the account"),
    EventName.DELETED_BY_OPERATOR: mark("The operator deleted the account"),
    EventName.FACTORS_RESET: mark("The operator turned two-factor authentication off"),
    EventName.SESSIONS_ENDED_BY_OPERATOR: mark("The operator ended sessions"),
    EventName.TRUST_ENDED_BY_OPERATOR: mark("The operator ended the trust in all browsers"),
}
_VERIFICATIONS: dict[tuple[str, str, str], str] = {
    (Stage.SIGN_IN, FactorName.TOTP, Verdict.ACCEPTED): mark(
        "Signed in with a code of the authenticator app"
    ),
    (Stage.SIGN_IN, FactorName.OTP, Verdict.ACCEPTED): mark("Signed in with a code that was sent"),
    (Stage.SIGN_IN, FactorName.BACKUP_CODE, Verdict.ACCEPTED): mark("Signed in with a backup code"),
    (Stage.SIGN_IN, FactorName.TOTP, Verdict.REFUSED): mark(
        "The password was correct, but the code of the authenticator app was wrong"
    ),
    (Stage.SIGN_IN, FactorName.OTP, Verdict.REFUSED): mark(
        "The password was correct, but the code that was sent was not entered correctly"
    ),
    (Stage.SIGN_IN, FactorName.BACKUP_CODE, Verdict.REFUSED): mark(
        "The password was correct, but the backup code was wrong"
    ),
    (Stage.STEP_UP, FactorName.TOTP, Verdict.ACCEPTED): mark(
        "Confirmed with a code of the authenticator app"
    ),
    (Stage.STEP_UP, FactorName.OTP, Verdict.ACCEPTED): mark("Confirmed with a code that was sent"),
    (Stage.STEP_UP, FactorName.BACKUP_CODE, Verdict.ACCEPTED): mark("Confirmed with a backup code"),
}
_OTHER_FACTOR: dict[tuple[str, str], str] = {
    (Stage.SIGN_IN, Verdict.ACCEPTED): mark("Signed in with a second factor"),
    (Stage.SIGN_IN, Verdict.REFUSED): mark("The password was correct, but the second factor was refused"),
    (Stage.STEP_UP, Verdict.ACCEPTED): mark("Confirmed with a second factor"),
    (Stage.STEP_UP, Verdict.REFUSED): mark("A wrong code was entered"),
}


def event_text(name: str) -> str:
    """Return an event in words, in English, to be translated where it is shown.

    The factors are an open set: one that a host adds has no words of its own. What this version does not know, such as
    an event of a later one, is shown by its name.
    """
    if name in _TEXTS:
        return _TEXTS[name]
    stage, _, rest = name.partition(":")
    factor, _, verdict = rest.rpartition(":")
    return _VERIFICATIONS.get((stage, factor, verdict)) or _OTHER_FACTOR.get((stage, verdict)) or name
