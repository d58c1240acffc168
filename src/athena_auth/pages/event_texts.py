"""The events of the audit log in words for account owners."""

from athena_auth.audit.model import EventName, Stage, Verdict
from athena_auth.kernel.texts import Text
from athena_auth.mfa.model import FactorName

_TEXTS: dict[str, Text] = {
    EventName.SIGNED_UP: Text("The account was created"),
    EventName.SIGN_UP_REPEATED: Text("Someone tried to create an account with this email address again"),
    EventName.INVITE_USED: Text("The account was created with an invitation"),
    EventName.UNVERIFIED_REFUSED: Text(
        "A sign-in was refused, because the email address was not verified yet"
    ),
    EventName.PASSWORD_ACCEPTED: Text("Signed in with the password"),
    EventName.PASSWORD_REFUSED: Text("A sign-in with a wrong password was refused"),
    EventName.ENROLMENT_DEMANDED: Text("The password was correct; a second factor had to be set up first"),
    EventName.FACTOR_REQUIRED: Text("A second factor became required"),
    EventName.CHALLENGE_ISSUED: Text("The password was correct; a second step was asked for"),
    EventName.TRUST_ACCEPTED: Text("Signed in with the password in a trusted browser"),
    EventName.PASSKEY_ACCEPTED: Text("Signed in with a passkey"),
    EventName.PASSKEY_REFUSED: Text("A sign-in with a passkey was refused"),
    EventName.OTP_SENT: Text("A code was sent"),
    EventName.CODE_REUSED: Text("A code was entered a second time, and refused"),
    EventName.SECOND_STEP_CLOSED: Text("Too many wrong codes: codes are refused for a while"),
    EventName.STEP_UP_PASSWORD_ACCEPTED: Text("The password was confirmed for a change"),
    EventName.STEP_UP_PASSWORD_REFUSED: Text("A wrong password was entered for a change"),
    EventName.SECRET_REVEALED: Text("The secret of the authenticator app was shown"),
    EventName.ENROLMENT_BEGUN: Text("Setting up a second factor was started"),
    EventName.FACTOR_ADDED: Text("A second factor was turned on"),
    EventName.FACTOR_REPLACED: Text("A second factor was replaced"),
    EventName.PASSKEY_ADDED: Text("A passkey was added"),
    EventName.PASSKEY_REMOVED: Text("A passkey was removed"),
    EventName.SIGN_COUNT_DECREASED: Text(
        "A passkey that may have been copied was used (it had counted fewer uses than before)"
    ),
    EventName.AUTHENTICATOR_REMOVED: Text("An authenticator was removed"),
    EventName.AUTHENTICATOR_REVOKED: Text("The operator removed an authenticator"),
    EventName.AUTHENTICATOR_SUSPENDED: Text("An authenticator was suspended"),
    EventName.AUTHENTICATOR_RESUMED: Text("An authenticator was resumed"),
    EventName.FACTORS_REMOVED: Text("Two-factor authentication was turned off"),
    EventName.BACKUP_CODES_GENERATED: Text("New backup codes were made"),
    EventName.PASSWORD_CHANGED: Text("The password was changed"),
    EventName.PASSWORD_REMOVED: Text("The password was removed"),
    EventName.PASSWORD_SET: Text("A password was set for the account, which had none"),
    EventName.PASSWORD_BREACHED: Text("The password was found in a data breach"),
    EventName.PASSWORD_RESET_ASKED: Text("A link for a new password was requested"),
    EventName.PASSWORD_RESET: Text("A new password was set with a link from an email"),
    EventName.ACCOUNT_RECLAIMED: Text(
        "The password was set with a link from an email, and two-factor authentication was turned off"
    ),
    EventName.EMAIL_VERIFIED: Text("The email address was verified"),
    EventName.EMAIL_CHANGE_ASKED: Text("A change of the email address was requested"),
    EventName.EMAIL_CHANGED: Text("The email address was changed"),
    EventName.EMAIL_RESTORED: Text("A change of the email address was undone; all sessions were ended"),
    EventName.BROWSER_RECOGNIZED: Text("A browser was allowed to sign in, with a link from an email"),
    EventName.RECOVERY_REQUESTED: Text("A link to recover the account was requested after the password"),
    EventName.RECOVERY_OPENED: Text("A recovery of the account was begun"),
    EventName.RECOVERY_REFUSED: Text("A recovery of the account was refused"),
    EventName.RECOVERY_CANCELLED: Text("The recovery of the account was cancelled"),
    EventName.RECOVERY_EXPIRED: Text("The recovery of the account was not completed in time"),
    EventName.FACTORS_RECOVERED: Text("The second factors were removed by a recovery of the account"),
    EventName.DELETED: Text("The account was deleted"),
    EventName.TRUST_GRANTED: Text("A browser was trusted"),
    EventName.TRUST_REUSED: Text("A copy of a trusted browser was used; the browser was signed out"),
    EventName.TRUST_REVOKED: Text("A browser is no longer trusted"),
    EventName.SESSION_REVOKED: Text("Other sessions were ended"),
    EventName.SIGNED_OUT: Text("Signed out"),
    EventName.UNLOCKED: Text("The operator unlocked the account"),
    EventName.DATABASE_RESTORED: Text("The operator restored a backup; all sessions were ended"),
    EventName.INVITED: Text("The operator sent an invitation"),
    EventName.INVITES_REVOKED: Text("The operator took an invitation back"),
    EventName.CREATED_BY_OPERATOR: Text("The operator created the account"),
    EventName.DELETED_BY_OPERATOR: Text("The operator deleted the account"),
    EventName.FACTORS_RESET: Text("The operator turned two-factor authentication off"),
    EventName.RECOVERY_OPENED_BY_OPERATOR: Text("The operator began a recovery of the account"),
    EventName.RECOVERY_SHORTENED: Text("The operator shortened the waiting time of the recovery"),
    EventName.RECOVERY_CANCELLED_BY_OPERATOR: Text("The operator cancelled the recovery of the account"),
    EventName.FACTOR_REQUIRED_BY_OPERATOR: Text("The operator set a deadline for a second factor"),
    EventName.FACTOR_EXEMPTED_BY_OPERATOR: Text("The operator ended the requirement of a second factor"),
    EventName.SESSIONS_ENDED_BY_OPERATOR: Text("The operator ended sessions"),
    EventName.TRUST_ENDED_BY_OPERATOR: Text("The operator ended the trust in all browsers"),
}
_VERIFICATIONS: dict[tuple[str, str, str], Text] = {
    (Stage.SIGN_IN, FactorName.TOTP, Verdict.ACCEPTED): Text(
        "Signed in with a code of the authenticator app"
    ),
    (Stage.SIGN_IN, FactorName.OTP, Verdict.ACCEPTED): Text("Signed in with a code that was sent"),
    (Stage.SIGN_IN, FactorName.BACKUP_CODE, Verdict.ACCEPTED): Text("Signed in with a backup code"),
    (Stage.SIGN_IN, FactorName.PASSKEY, Verdict.ACCEPTED): Text("Signed in with the password and a passkey"),
    (Stage.SIGN_IN, FactorName.PASSKEY, Verdict.REFUSED): Text(
        "The password was correct, but the passkey was refused"
    ),
    (Stage.STEP_UP, FactorName.PASSKEY, Verdict.ACCEPTED): Text("Confirmed with a passkey"),
    (Stage.SIGN_IN, FactorName.TOTP, Verdict.REFUSED): Text(
        "The password was correct, but the code of the authenticator app was wrong"
    ),
    (Stage.SIGN_IN, FactorName.OTP, Verdict.REFUSED): Text(
        "The password was correct, but the code that was sent was not entered correctly"
    ),
    (Stage.SIGN_IN, FactorName.BACKUP_CODE, Verdict.REFUSED): Text(
        "The password was correct, but the backup code was wrong"
    ),
    (Stage.STEP_UP, FactorName.TOTP, Verdict.ACCEPTED): Text(
        "Confirmed with a code of the authenticator app"
    ),
    (Stage.STEP_UP, FactorName.OTP, Verdict.ACCEPTED): Text("Confirmed with a code that was sent"),
    (Stage.STEP_UP, FactorName.BACKUP_CODE, Verdict.ACCEPTED): Text("Confirmed with a backup code"),
}
_OTHER_FACTOR: dict[tuple[str, str], Text] = {
    (Stage.SIGN_IN, Verdict.ACCEPTED): Text("Signed in with a second factor"),
    (Stage.SIGN_IN, Verdict.REFUSED): Text("The password was correct, but the second factor was refused"),
    (Stage.STEP_UP, Verdict.ACCEPTED): Text("Confirmed with a second factor"),
    (Stage.STEP_UP, Verdict.REFUSED): Text("A wrong code was entered"),
}


def event_text(name: str) -> Text | str:
    """Return an event in words, to be translated where it is shown.

    The factors are an open set: one that a host adds has no words of its own. What this version does not know, such as
    an event of a later one, is shown by its name.
    """
    if name in _TEXTS:
        return _TEXTS[name]
    stage, _, rest = name.partition(":")
    factor, _, verdict = rest.rpartition(":")
    return _VERIFICATIONS.get((stage, factor, verdict)) or _OTHER_FACTOR.get((stage, verdict)) or name
