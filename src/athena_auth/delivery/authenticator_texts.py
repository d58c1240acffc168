"""What notifications about one of several authenticators say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import CONTACT_SUPPORT, WAS_YOU, Advice, MessageText, was_not_you

AUTHENTICATOR_MESSAGES = {
    MessageKind.AUTHENTICATOR_REMOVED: MessageText(
        subject="An authenticator was removed from your {app_name} account",
        opening="One of the authenticators of your {app_name} account was removed. The others still work. All other "
        "sessions were ended, and no browser is trusted any longer.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Change your password now, and check which authenticators "
                "are left.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.AUTHENTICATOR_REVOKED: MessageText(
        subject="An administrator removed an authenticator from your {app_name} account",
        opening="An administrator of {app_name} removed one of the authenticators of your account. The others still "
        "work. You were signed out everywhere.",
        advice=(
            Advice("If you requested this,", "there is nothing to do."),
            was_not_you(
                "someone may have requested it in your name. Change your password now, and tell support.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.AUTHENTICATOR_SUSPENDED: MessageText(
        subject="An authenticator of your {app_name} account was suspended",
        opening="One of the authenticators of your {app_name} account was suspended. Until it is resumed, it cannot be "
        "used. All other sessions were ended, and no browser is trusted any longer.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Change your password now, and resume the authenticator.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
    MessageKind.AUTHENTICATOR_RESUMED: MessageText(
        subject="An authenticator of your {app_name} account was resumed",
        opening="A suspended authenticator of your {app_name} account was resumed. It can be used to sign in again.",
        advice=(
            WAS_YOU,
            was_not_you(
                "someone else has access to your account. Change your password now, and remove the authenticator.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
}
