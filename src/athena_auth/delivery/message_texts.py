"""What each kind of message says, once for its plain text and its HTML.

`render` fills in `{app_name}`, `{lifetime}`, `{deadline}` and `{codes_left}`. A subject contains no secret, because a locked phone
shows it to anyone, including the thief that the second factor is there to stop. For the same reason the opening comes
before the code or the link and is long enough to fill a preview. Notifications carry no link, because users who are
used to links in warnings follow forged ones. The exceptions are a blocked account and a changed address, whose owner may
have no other way back in, and a recovery, which an owner must be able to cancel without signing in.
"""

from athena_auth.delivery.authenticator_texts import AUTHENTICATOR_MESSAGES
from athena_auth.delivery.email_change_texts import EMAIL_CHANGE_MESSAGES
from athena_auth.delivery.enforcement_texts import ENFORCEMENT_MESSAGES
from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.new_browser_texts import NEW_BROWSER_MESSAGES
from athena_auth.delivery.passkey_texts import PASSKEY_MESSAGES
from athena_auth.delivery.password_texts import PASSWORD_MESSAGES
from athena_auth.delivery.recovery_texts import RECOVERY_MESSAGES
from athena_auth.delivery.sentences import CONTACT_SUPPORT, WAS_YOU, Advice, MessageText, was_not_you
from athena_auth.delivery.sign_up_texts import SIGN_UP_MESSAGES

TEXT = "{app_name}: {code} is your security code, valid for {lifetime}. Never share it."
"""A complete text message. It fits into one part (160 characters) and has no link that an attacker could imitate."""

SIGNATURE = "This mail was sent automatically by {app_name}."

_RECOGNIZE = "Allow this browser to sign in"
_NOT_YOUR_FACTOR = was_not_you(
    "someone else has access to your account. Change your password now, and replace the second factor with your "
    "own.",
    CONTACT_SUPPORT,
)


MESSAGES = (
    SIGN_UP_MESSAGES
    | EMAIL_CHANGE_MESSAGES
    | PASSKEY_MESSAGES
    | RECOVERY_MESSAGES
    | ENFORCEMENT_MESSAGES
    | AUTHENTICATOR_MESSAGES
    | PASSWORD_MESSAGES
    | NEW_BROWSER_MESSAGES
    | {
        MessageKind.TWO_FACTOR_OTP: MessageText(
            subject="Your {app_name} security code",
            opening="This is the security code that you requested at {app_name}. It expires {lifetime} after your "
            "request. Nobody from {app_name} will ever ask for this code. Enter it only on the page where "
            "you requested it.",
            advice=(
                Advice(
                    "If you did not try to sign in,",
                    "someone else did, and they may know your password. Do not share the code, and change your "
                    "password now.",
                ),
            ),
        ),
        MessageKind.EMAIL_VERIFICATION: MessageText(
            subject="Confirm your email address for {app_name}",
            opening="Someone, probably you, entered this email address at {app_name}. Open the link below to confirm "
            "that it is yours. The link expires {lifetime} after it was requested.",
            action="Confirm this address",
            advice=(Advice("If you did not request this,", "ignore this email. Nothing will change."),),
        ),
        MessageKind.SECOND_FACTOR_REFUSED: MessageText(
            subject="A sign-in to your {app_name} account was stopped",
            opening="Someone entered the correct password of your {app_name} account, and then a wrong code. "
            "They were not signed in.",
            advice=(
                Advice("If this was you,", "try again. There is nothing else to do."),
                was_not_you("someone knows your password. Change it now, here and wherever else you use it."),
            ),
        ),
        MessageKind.SECOND_FACTOR_CLOSED: MessageText(
            subject="Security codes for your {app_name} account are blocked",
            opening="Too many wrong codes in a row were entered for your {app_name} account. Codes are blocked, even "
            "correct ones, except in browsers that have signed in before. Open the link below in another browser to "
            "allow it there. Backup codes still work everywhere.",
            action=_RECOGNIZE,
            advice=(
                Advice(
                    "To sign in elsewhere,",
                    "use the link or a backup code, or contact support.",
                ),
                was_not_you(
                    "someone probably knows your password. Change it now, here and wherever else you use it."
                ),
            ),
        ),
        MessageKind.FACTOR_ADDED: MessageText(
            subject="Your {app_name} account has a new second factor",
            opening="A second factor was added to your {app_name} account. Signing in can now require it after the "
            "password.",
            advice=(
                WAS_YOU,
                _NOT_YOUR_FACTOR,
            ),
        ),
        MessageKind.FACTOR_REPLACED: MessageText(
            subject="The second factor of your {app_name} account was replaced",
            opening="The second factor of your {app_name} account was replaced by a new one. The old one no longer "
            "works.",
            advice=(
                WAS_YOU,
                _NOT_YOUR_FACTOR,
            ),
        ),
        MessageKind.FACTORS_REMOVED: MessageText(
            subject="Two-factor authentication is off for your {app_name} account",
            opening="Two-factor authentication was turned off for your {app_name} account. From now on the "
            "password alone is enough to sign in.",
            advice=(
                WAS_YOU,
                was_not_you(
                    "someone else has access to your account. Change your password now, then turn two-factor "
                    "authentication on again.",
                    CONTACT_SUPPORT,
                ),
            ),
        ),
        MessageKind.FACTORS_RESET: MessageText(
            subject="Your {app_name} account no longer has a second factor",
            opening="An administrator of {app_name} turned two-factor authentication off for your account, for instance "
            "because you had lost your phone. You were signed out everywhere. From now on the password alone is enough "
            "to sign in.",
            advice=(
                Advice("If you requested this,", "sign in with your password and turn it on again."),
                was_not_you(
                    "someone may have requested it in your name. Change your password now, turn two-factor "
                    "authentication on again, and tell support.",
                    CONTACT_SUPPORT,
                ),
            ),
        ),
        MessageKind.BACKUP_CODE_USED: MessageText(
            subject="A backup code of your {app_name} account was used",
            opening="One of the backup codes of your {app_name} account was used. It does not work a second time. "
            "{codes_left}",
            advice=(
                WAS_YOU,
                was_not_you(
                    "someone has your backup codes and probably your password. Change the password now, then "
                    "generate new backup codes.",
                    CONTACT_SUPPORT,
                ),
            ),
        ),
        MessageKind.BACKUP_CODES_REPLACED: MessageText(
            subject="Your {app_name} account has new backup codes",
            opening="New backup codes were generated for your {app_name} account. The old ones no longer work.",
            advice=(
                WAS_YOU,
                was_not_you(
                    "someone else has access to your account and knows your password. Change it now, then generate new "
                    "backup codes.",
                    CONTACT_SUPPORT,
                ),
            ),
        ),
        MessageKind.DEVICE_TRUSTED: MessageText(
            subject="Your {app_name} account trusts a new device",
            opening="Your {app_name} account now trusts a new device. That device can sign in with the password alone.",
            advice=(
                WAS_YOU,
                was_not_you(
                    "someone else had access to your account. Remove the device from the trusted devices in your "
                    "settings, and change your password now."
                ),
            ),
        ),
        MessageKind.ACCOUNT_LOCKED: MessageText(
            subject="Wrong passwords or codes for your {app_name} account",
            opening="Several wrong passwords or codes in a row were entered for your {app_name} account. New attempts "
            "have to wait. To sign in without waiting, open the link below in the browser that you want to use, and "
            "enter your password. The link works once and is valid for {lifetime}.",
            action=_RECOGNIZE,
            advice=(
                Advice("If this was you,", "wait and then try again, or use the link."),
                was_not_you(
                    "someone is guessing, and they were not signed in. Make sure that your password is long and that "
                    "you use it nowhere else."
                ),
            ),
        ),
        MessageKind.PASSWORDS_CLOSED: MessageText(
            subject="Password sign-in to your {app_name} account is blocked",
            opening="Too many wrong passwords in a row were entered for your {app_name} account. Password sign-in is "
            "blocked, even with the correct password, except in browsers that have signed in before. Open the link "
            "below in another browser to allow it there.",
            action=_RECOGNIZE,
            advice=(
                Advice("To sign in elsewhere,", "use the link, or reset your password by email."),
                was_not_you("someone is guessing, and they were not signed in."),
            ),
        ),
        MessageKind.CODE_REUSED: MessageText(
            subject="A used code of your {app_name} account was entered again",
            opening="A security code of your {app_name} account was entered again in another browser after it had been "
            "used. It was refused.",
            advice=(
                Advice("If you entered it twice yourself,", "there is nothing to do."),
                was_not_you(
                    "someone has seen your code, for instance on a forged page, and knows your password. Change your "
                    "password now."
                ),
            ),
        ),
        MessageKind.SECRET_REVEALED: MessageText(
            subject="The authenticator secret of your {app_name} account was shown",
            opening="The secret of your {app_name} authenticator app was shown to someone who was signed in. "
            "Anyone who has it can generate your codes.",
            advice=(
                WAS_YOU,
                was_not_you(
                    "someone else has access to your account. Change your password, then set the app up again.",
                    CONTACT_SUPPORT,
                ),
            ),
        ),
        MessageKind.DEVICE_TOKEN_REUSED: MessageText(
            subject="A trusted device of your {app_name} account was signed out",
            opening="Two browsers used the same trusted device of your {app_name} account, so one of them may be a "
            "copy. The device is no longer trusted, and its sessions were ended.",
            advice=(
                Advice("If you restored a browser from a backup,", "sign in and trust it again."),
                was_not_you(
                    "someone has copied your browser's data and knows your password. Change your password now."
                ),
            ),
        ),
        MessageKind.ACCOUNT_RECLAIMED: MessageText(
            subject="Your {app_name} password was reset, and two-factor authentication is off",
            opening="A new password was set for your {app_name} account, with a link that was emailed to this address. "
            "The address had never been confirmed, so everything that was set up before was removed: two-factor "
            "authentication, trusted devices and sessions.",
            advice=(
                Advice(
                    "If this was you,", "sign in with the new password and set up two-factor authentication."
                ),
                was_not_you(
                    "someone else can read your email. Change the password of your mailbox first, then that of "
                    "{app_name}.",
                    CONTACT_SUPPORT,
                ),
            ),
        ),
        MessageKind.ACCOUNT_DELETED: MessageText(
            subject="Your {app_name} account was deleted",
            opening="Your {app_name} account and all data that belonged to it were deleted.",
            advice=(
                WAS_YOU,
                was_not_you("someone else had access to your account.", CONTACT_SUPPORT),
            ),
        ),
    }
)
