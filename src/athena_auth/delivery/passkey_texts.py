"""What mails about passkeys say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import CONTACT_SUPPORT, WAS_YOU, Advice, MessageText, was_not_you

PASSKEY_MESSAGES = {
    MessageKind.PASSKEY_ADDED: MessageText(
        subject="Your {app_name} account has a new passkey",
        opening="A passkey was added to your {app_name} account. It can be used to sign in.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Remove the passkey in your settings, and change your password "
                "now.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.PASSKEY_REMOVED: MessageText(
        subject="A passkey of your {app_name} account was removed",
        opening="A passkey of your {app_name} account was removed. It no longer works, and other browsers were signed out.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Change your password now, and check your second factors.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.SIGN_COUNT_DECREASED: MessageText(
        subject="There may be a copy of a passkey of your {app_name} account",
        opening="A passkey of your {app_name} account was used, and it had counted fewer uses than before. This happens "
        "when a device is reset or restored from a backup, or when someone has copied the passkey.",
        advice=(
            Advice("If you reset or restored the device,", "there is nothing to do."),
            was_not_you(
                "someone may have a copy of the passkey. Remove it in your settings and add a new one.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
}
