"""What notifications about one of several authenticators say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import Advice, MessageText

_HELP = "If you can no longer sign in, contact {app_name} support."
_WAS_YOU = Advice("If this was you,", "there is nothing to do.")
_NOT_YOU = "If this was not you,"

AUTHENTICATOR_MESSAGES = {
    MessageKind.AUTHENTICATOR_REMOVED: MessageText(
        subject="An authenticator was removed from your {app_name} account",
        opening="One of the authenticators of your {app_name} account was removed. The others still work. All other "
        "sessions were ended, and no browser is trusted any longer.",
        advice=(
            _WAS_YOU,
            Advice(
                _NOT_YOU,
                "someone else has access to your account. Change your password now, and check which authenticators "
                "are left.",
                _HELP,
            ),
        ),
    ),
    MessageKind.AUTHENTICATOR_REVOKED: MessageText(
        subject="An administrator removed an authenticator from your {app_name} account",
        opening="An administrator of {app_name} removed one of the authenticators of your account. The others still "
        "work. You were signed out everywhere.",
        advice=(
            Advice("If you requested this,", "there is nothing to do."),
            Advice(
                _NOT_YOU,
                "someone may have requested it in your name. Change your password now, and tell support.",
                _HELP,
            ),
        ),
    ),
    MessageKind.AUTHENTICATOR_SUSPENDED: MessageText(
        subject="An authenticator of your {app_name} account was suspended",
        opening="One of the authenticators of your {app_name} account was suspended. Until it is resumed, it cannot be "
        "used. All other sessions were ended, and no browser is trusted any longer.",
        advice=(
            _WAS_YOU,
            Advice(
                _NOT_YOU,
                "someone else has access to your account. Change your password now, and resume the authenticator.",
                _HELP,
            ),
        ),
    ),
    MessageKind.AUTHENTICATOR_RESUMED: MessageText(
        subject="An authenticator of your {app_name} account was resumed",
        opening="A suspended authenticator of your {app_name} account was resumed. It can be used to sign in again.",
        advice=(
            _WAS_YOU,
            Advice(
                _NOT_YOU,
                "someone else has access to your account. Change your password now, and remove the authenticator.",
                _HELP,
            ),
        ),
    ),
}
