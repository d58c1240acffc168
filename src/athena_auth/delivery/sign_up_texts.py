"""What mails about creating an account say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import Advice, MessageText, was_not_you

SIGN_UP_MESSAGES = {
    MessageKind.INVITATION: MessageText(
        subject="Your invitation to {app_name}",
        opening="You are invited to create an account at {app_name} with this email address. Open the link below to "
        "sign up. The link works once and expires {lifetime} after it was sent. Do not share it with anyone.",
        action="Sign up with this address",
        advice=(Advice("If you do not want an account,", "ignore this email. Nothing will happen."),),
    ),
    MessageKind.SIGN_UP_REPEATED: MessageText(
        subject="Your {app_name} account already exists",
        opening="Someone entered this email address to create an account at {app_name}, but it already has one. "
        "Nothing was changed.",
        advice=(
            Advice(
                "If this was you,",
                "sign in with the password that you have. If you do not know it, reset it on the sign-in page.",
            ),
            was_not_you(
                "someone else entered your address. They were not signed in, and there is nothing to do.",
            ),
        ),
    ),
}
