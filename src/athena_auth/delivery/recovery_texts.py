"""What mails about recovering an account say; `message_texts` has the rules for all of them."""

from athena_auth.delivery.model import MessageKind
from athena_auth.delivery.sentences import CONTACT_SUPPORT, Advice, MessageText, was_not_you

_CANCEL = "Cancel the recovery"
_WAS_YOU = Advice("If this was you,", "wait until then. We send you a link to complete the recovery.")
_WAS_NOT_YOU = was_not_you(
    "someone knows your password. Use the link to cancel, then change your password.",
    "Signing in with your second factor cancels the recovery too.",
)

RECOVERY_MESSAGES = {
    MessageKind.RECOVERY_REQUESTED: MessageText(
        subject="Recover your {app_name} account",
        opening="Someone entered the correct password of your {app_name} account and said that they have lost every second "
        "factor. Open the link below to begin the recovery of your account. The link works once and expires {lifetime} after "
        "it was requested.",
        action="Begin the recovery",
        advice=(
            Advice("If this was you,", "open the link. The recovery then has a waiting time."),
            was_not_you(
                "someone knows your password. Do not open the link or share it, and change your password now.",
            ),
        ),
    ),
    MessageKind.RECOVERY_OPENED: MessageText(
        subject="The recovery of your {app_name} account has begun",
        opening="A recovery of your {app_name} account has begun. From {deadline} on, anyone who knows your password and can "
        "read this mailbox can remove your second factors. Until then nothing changes.",
        action=_CANCEL,
        advice=(_WAS_YOU, _WAS_NOT_YOU),
    ),
    MessageKind.RECOVERY_OPENED_BY_OPERATOR: MessageText(
        subject="A recovery of your {app_name} account has begun",
        opening="An administrator of {app_name} began a recovery of your account, for instance because you had lost your phone. "
        "From {deadline} on, or earlier if we write to you so, anyone who knows your password and can read this mailbox can "
        "remove your second factors. Until then nothing changes.",
        action=_CANCEL,
        advice=(
            Advice("If you requested this,", "wait until then. We send you a link to complete the recovery."),
            was_not_you(
                "someone may have requested it in your name. Use the link to cancel, change your password, and tell support.",
            ),
        ),
    ),
    MessageKind.RECOVERY_WAITING: MessageText(
        subject="The recovery of your {app_name} account is under way",
        opening="A recovery of your {app_name} account is under way. From {deadline} on, anyone who knows your password and "
        "can read this mailbox can remove your second factors. Until then nothing changes.",
        action=_CANCEL,
        advice=(_WAS_YOU, _WAS_NOT_YOU),
    ),
    MessageKind.RECOVERY_DUE: MessageText(
        subject="Complete the recovery of your {app_name} account",
        opening="The waiting time of the recovery of your {app_name} account is over. Open the link below and enter your "
        "password to remove your second factors; then set up a new one. You can also cancel the recovery there. The link "
        "works for a day; we send you a new one each day. If you do nothing, the recovery ends on {deadline}, and your second "
        "factors stay.",
        action="Complete or cancel the recovery",
        advice=(Advice("If this was you,", "complete the recovery now."), _WAS_NOT_YOU),
    ),
    MessageKind.RECOVERY_ENDED: MessageText(
        subject="The recovery of your {app_name} account has ended",
        opening="The recovery of your {app_name} account was cancelled, or was not completed in time. Your second factors "
        "still work.",
        advice=(
            was_not_you("someone knows your password. Change it now."),
            Advice("If you still need it,", "contact {app_name} support."),
        ),
    ),
    MessageKind.FACTORS_RECOVERED: MessageText(
        subject="Your {app_name} account was recovered",
        opening="The recovery of your {app_name} account is complete: your second factors were removed, and you were signed "
        "out everywhere. The next sign-in can do nothing but set up a new second factor.",
        advice=(
            Advice("If this was you,", "sign in with your password and set up a new second factor."),
            was_not_you(
                "someone knows your password and can read your email. Change the password of your mailbox first, then reset "
                "that of {app_name}.",
                CONTACT_SUPPORT,
            ),
        ),
    ),
}
