"""What mails about a change of address say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import CONTACT_SUPPORT, WAS_YOU, Advice, MessageText, was_not_you

EMAIL_CHANGE_MESSAGES = {
    MessageKind.EMAIL_CHANGE: MessageText(
        subject="Confirm your new email address for {app_name}",
        opening="Someone, probably you, asked to use this email address for their {app_name} account. Open the link below "
        "while you are signed in to complete the change. The link works once and expires {lifetime} after it was requested.",
        action="Use this address",
        advice=(Advice("If you did not request this,", "ignore this email. Nothing will change."),),
    ),
    MessageKind.EMAIL_CHANGE_ASKED: MessageText(
        subject="Someone asked to change the email address of your {app_name} account",
        opening="Someone who was signed in asked to replace the email address of your {app_name} account. A link was sent to "
        "the new address; this one stays until that link is opened.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Change your password now, which signs them out and ends the link.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.EMAIL_IN_USE: MessageText(
        subject="Your email address was entered at {app_name}",
        opening="Someone asked to use this email address for their {app_name} account, but it already belongs to another one. "
        "Nothing was changed.",
        advice=(
            Advice(
                "If this was you,", "sign in to the account that has this address, or use another address."
            ),
            was_not_you("someone else entered your address. There is nothing to do."),
        ),
    ),
    MessageKind.EMAIL_CHANGED: MessageText(
        subject="The email address of your {app_name} account was changed",
        opening="The email address of your {app_name} account was changed, and this one no longer belongs to it. If you did not "
        "do this, open the link below to undo it. The link expires {lifetime} after the change.",
        action="Undo the change",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Undo the change now: all sessions end, and you choose a new password.",
                "If a second factor is asked for that is not yours, contact {app_name} support.",
            ),
        ),
    ),
    MessageKind.EMAIL_RESTORED: MessageText(
        subject="A change of your {app_name} email address was undone",
        opening="The change of the email address of your {app_name} account was undone, with a link that was sent to the old "
        "address. The account was signed out everywhere, and its password and passkeys no longer work. A link to choose a new one was sent "
        "to the old address.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else can read the mail of the old address. Contact {app_name} support now.",
            ),
        ),
    ),
}
