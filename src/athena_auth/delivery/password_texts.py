"""What mails about the password say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import CONTACT_SUPPORT, WAS_YOU, Advice, MessageText, was_not_you

PASSWORD_MESSAGES = {
    MessageKind.PASSWORD_RESET: MessageText(
        subject="Choose a new {app_name} password",
        opening="Someone, probably you, asked to reset the password of your {app_name} account. Open the link "
        "below to choose a new one. The link works once and expires {lifetime} after it was requested.",
        action="Choose a new password",
        advice=(
            Advice("If your account has a second factor,", "you will still be asked for it afterwards."),
            Advice(
                "If you did not request this,",
                "ignore this email. Nothing will change. Do not share the link with anyone.",
            ),
        ),
    ),
    MessageKind.PASSWORD_CHANGED: MessageText(
        subject="Your {app_name} password was changed",
        opening="The password of your {app_name} account was changed by someone who was signed in and knew "
        "the old one.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Reset your password on the sign-in page, and choose one "
                "that you use nowhere else.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.PASSWORD_REMOVED: MessageText(
        subject="Your {app_name} password was removed",
        opening="The password of your {app_name} account was removed. You sign in with your passkeys from now on. If you lose "
        "them, reset the password on the sign-in page.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Reset your password on the sign-in page, then remove the "
                "passkeys that you do not know.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.PASSWORD_SET: MessageText(
        subject="Your {app_name} account has a password",
        opening="A password was set for your {app_name} account, which had none, by someone who was signed in with one of "
        "its passkeys.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Reset your password on the sign-in page, then remove the "
                "passkeys that you do not know.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.PASSWORD_WAS_RESET: MessageText(
        subject="Your {app_name} password was reset",
        opening="A new password was set for your {app_name} account, with a link that was emailed to this "
        "address.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else can read your email. Change the password of your mailbox first, then that of "
                "{app_name}.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.PASSWORD_BREACHED: MessageText(
        subject="Change your {app_name} password",
        opening="Someone signed in to your {app_name} account with its correct password. The same password has appeared in "
        "a data breach, at {app_name} or elsewhere, so others may know it. It still works.",
        advice=(
            Advice(
                "If this was you,",
                "open your account settings and choose another password. Change it wherever else you use it, too.",
            ),
            was_not_you(
                "someone else has used your password. Reset it on the sign-in page now.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
}
