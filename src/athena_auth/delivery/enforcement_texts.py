"""The texts of the mails about the enforcement policy."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import Advice, MessageText

_SET_UP = Advice(
    "To set it up,", "sign in to {app_name} and turn on two-factor authentication in the security settings."
)

ENFORCEMENT_MESSAGES = {
    MessageKind.SECOND_FACTOR_REQUIRED: MessageText(
        subject="Two-factor authentication is required for your {app_name} account",
        opening="Your {app_name} account needs a second factor from {deadline} on. Until then you can sign in as before. "
        "After that, your password only lets you set one up.",
        advice=(_SET_UP,),
    ),
    MessageKind.SECOND_FACTOR_DUE: MessageText(
        subject="Set up two-factor authentication for your {app_name} account soon",
        opening="Your {app_name} account still has no second factor, and needs one from {deadline} on. After that, your "
        "password only lets you set one up.",
        advice=(_SET_UP,),
    ),
}
