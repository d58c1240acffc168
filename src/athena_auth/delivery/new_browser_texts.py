"""What mails about sign-ins in new browsers say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import CONTACT_SUPPORT, WAS_YOU, Advice, MessageText, was_not_you

_NOT_YOUR_SIGN_IN = was_not_you(
    "someone else has access to your account. Change your password now, end all other sessions, and check your second "
    "factors and passkeys.",
    CONTACT_SUPPORT,
)

NEW_BROWSER_MESSAGES = {
    MessageKind.NEW_BROWSER: MessageText(
        subject="A sign-in to your {app_name} account in a new browser",
        opening="Someone signed in to your {app_name} account in a new browser. A browser counts as new if it has not signed "
        "in since your password was last changed, or if its cookies were deleted.",
        advice=(WAS_YOU, _NOT_YOUR_SIGN_IN),
    ),
    MessageKind.NEW_BROWSERS: MessageText(
        subject="Many sign-ins to your {app_name} account in new browsers",
        opening="Someone signed in to your {app_name} account in a new browser once more, after several such sign-ins within "
        "an hour. For up to an hour, further ones are recorded, but no mail is sent about them.",
        advice=(
            Advice(
                "If this was you,",
                "there is nothing to do. A program that signs in for you should keep its cookies, so that it is recognized.",
            ),
            _NOT_YOUR_SIGN_IN,
        ),
    ),
}
