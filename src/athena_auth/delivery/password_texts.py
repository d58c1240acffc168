"""What mails about a password in a breach say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import Advice, MessageText

PASSWORD_MESSAGES = {
    MessageKind.PASSWORD_BREACHED: MessageText(
        subject="Change your {app_name} password",
        opening="Someone signed in to your {app_name} account with its correct password. The same password has appeared in "
        "a data breach, at {app_name} or elsewhere, so others may know it. It still works.",
        advice=(
            Advice(
                "If this was you,",
                "open your account settings and choose another password. Change it wherever else you use it, too.",
            ),
            Advice(
                "If this was not you,",
                "someone else has used your password. Reset it on the sign-in page now.",
                "If you can no longer sign in, contact {app_name} support.",
            ),
        ),
    ),
}
