"""What each kind of message says, once for its plain text and its HTML.

The sentences name `{app_name}`, `{lifetime}` and `{codes_left}`, which `render` fills in. No subject holds a
secret: a locked screen shows the subject to whoever holds the phone, which may be the thief the second factor
is there to stop. An opening comes before the code or the link for the same reason, and is long enough to fill
a preview. Notifications carry no link, since people who are used to links in warnings follow the forged ones; only
those of a blocked account have one, which the owner may need to get back in.
"""

from dataclasses import dataclass
from typing import NamedTuple

from athena_auth.delivery.model import MessageKind


class Advice(NamedTuple):
    """What to do in a case; together they are a sentence."""

    case: str
    counsel: str


@dataclass(frozen=True, slots=True)
class MessageText:
    """The sentences of one kind of message.

    Attributes:
        subject: The subject line.
        opening: What happened, or what the message is for.
        advice: What to do, in the order it is read.
        action: What the link is for, where there is one.
    """

    subject: str
    opening: str
    advice: tuple[Advice, ...]
    action: str = ""


TEXT = "{app_name}: {code} is your security code, valid for {lifetime}. Never share it."
"""The whole of a text message: it fits into one of 160 characters, and has no link for anybody to imitate."""

SIGNATURE = "This mail was sent automatically by {app_name}."

_RECOGNIZE = "Allow this browser to sign in"
_WAS_YOU = Advice("If this was you,", "there is nothing to do.")
_HELP = "If you cannot sign in any more, ask the people who run {app_name} for help."


def _was_not_you(counsel: str) -> Advice:
    return Advice("If this was not you,", counsel)


_NOT_YOUR_FACTOR = _was_not_you(
    "somebody else is in your account. Change your password now, and put a second factor of your own in place of "
    f"theirs. {_HELP}"
)


MESSAGES = {
    MessageKind.TWO_FACTOR_OTP: MessageText(
        subject="Your {app_name} security code",
        opening="This is the security code you asked for at {app_name}. It stops working {lifetime} after you "
        "asked for it. Nobody from {app_name} will ever ask for this code: enter it only on the page where "
        "you requested it.",
        advice=(
            Advice(
                "If you did not try to sign in,",
                "somebody else did, and may know your password. Give the code to no one, and change your "
                "password now.",
            ),
        ),
    ),
    MessageKind.EMAIL_VERIFICATION: MessageText(
        subject="Confirm your email address for {app_name}",
        opening="Somebody, probably you, gave this email address to {app_name}. Confirm that it is yours by "
        "opening the link below. It stops working {lifetime} after it was asked for.",
        action="Confirm this address",
        advice=(Advice("If you did not ask for this,", "ignore this mail: nothing changes."),),
    ),
    MessageKind.PASSWORD_RESET: MessageText(
        subject="Choose a new {app_name} password",
        opening="Somebody, probably you, asked for a new password for your {app_name} account. Open the link "
        "below to choose one. It works once, and stops working {lifetime} after it was asked for.",
        action="Choose a new password",
        advice=(
            Advice("If your account has a second factor,", "you will still be asked for it afterwards."),
            Advice(
                "If you did not ask for this,",
                "ignore this mail: nothing changes. Give the link to no one, whoever asks for it.",
            ),
        ),
    ),
    MessageKind.SECOND_FACTOR_REFUSED: MessageText(
        subject="A sign-in to your {app_name} account was stopped",
        opening="Somebody entered the right password of your {app_name} account, but a wrong code after it. "
        "They were not let in.",
        advice=(
            Advice("If this was you,", "try again; there is nothing else to do."),
            _was_not_you("somebody has your password. Change it now, and wherever else you use it."),
        ),
    ),
    MessageKind.SECOND_FACTOR_CLOSED: MessageText(
        subject="Your {app_name} account takes no more codes",
        opening="The codes entered for your {app_name} account were wrong too many times in a row. No more are "
        "accepted, except in browsers that have signed in before. Open the link below in another browser to allow "
        "it there. Backup codes still work everywhere.",
        action=_RECOGNIZE,
        advice=(
            Advice(
                "To sign in elsewhere,",
                "use the link or a backup code, or ask for help.",
            ),
            _was_not_you(
                "somebody probably has your password. Change it now, and wherever else you use the same one."
            ),
        ),
    ),
    MessageKind.FACTOR_ADDED: MessageText(
        subject="Your {app_name} account has a new second factor",
        opening="A second factor was added to your {app_name} account. Signing in can now ask for it after the "
        "password.",
        advice=(
            _WAS_YOU,
            _NOT_YOUR_FACTOR,
        ),
    ),
    MessageKind.FACTOR_REPLACED: MessageText(
        subject="The second factor of your {app_name} account was replaced",
        opening="The second factor of your {app_name} account was replaced by a new one. The old one does not "
        "work any more.",
        advice=(
            _WAS_YOU,
            _NOT_YOUR_FACTOR,
        ),
    ),
    MessageKind.FACTORS_REMOVED: MessageText(
        subject="Two-factor authentication of your {app_name} account is off",
        opening="Two-factor authentication was turned off for your {app_name} account. From now on the "
        "password alone opens it.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else is in your account. Change your password now, then turn two-factor "
                f"authentication on again. {_HELP}"
            ),
        ),
    ),
    MessageKind.FACTORS_RESET: MessageText(
        subject="Your {app_name} account has no second factor any more",
        opening="Those who run {app_name} have turned two-factor authentication off for your account, as they do "
        "for somebody who has lost her phone, and have signed you out everywhere. From now on the password "
        "alone opens your account.",
        advice=(
            Advice("If you asked for this,", "sign in with your password and turn it on again."),
            _was_not_you(
                "somebody may have asked for it in your name. Change your password now, turn two-factor "
                f"authentication on again, and tell them. {_HELP}"
            ),
        ),
    ),
    MessageKind.BACKUP_CODE_USED: MessageText(
        subject="A backup code of your {app_name} account was used",
        opening="One of the backup codes of your {app_name} account was used. It does not work a second time. "
        "{codes_left}",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody has your backup codes, and probably your password. Change the password now, then "
                f"make new backup codes. {_HELP}"
            ),
        ),
    ),
    MessageKind.BACKUP_CODES_REPLACED: MessageText(
        subject="Your {app_name} account has new backup codes",
        opening="New backup codes were made for your {app_name} account. The old ones do not work any more.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else is in your account and knows your password. Change it now, then make new "
                f"backup codes. {_HELP}"
            ),
        ),
    ),
    MessageKind.DEVICE_TRUSTED: MessageText(
        subject="Your {app_name} account trusts a new device",
        opening="A device is now trusted by your {app_name} account. It can sign in with the password alone.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else was in your account. Remove the device from the trusted devices in your "
                "settings, and change your password now."
            ),
        ),
    ),
    MessageKind.PASSWORD_CHANGED: MessageText(
        subject="Your {app_name} password was changed",
        opening="The password of your {app_name} account was changed by somebody who was signed in and knew "
        "the old one.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else is in your account. Ask for a new password where you sign in, and choose one "
                f"that you use nowhere else. {_HELP}"
            ),
        ),
    ),
    MessageKind.PASSWORD_WAS_RESET: MessageText(
        subject="Your {app_name} password was reset",
        opening="A new password was chosen for your {app_name} account, with a link from a mail to this "
        "address.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else can read your mail. Change the password of your mailbox first, then that of "
                f"{{app_name}}. {_HELP}"
            ),
        ),
    ),
    MessageKind.ACCOUNT_LOCKED: MessageText(
        subject="Wrong passwords or codes for your {app_name} account",
        opening="Several wrong passwords or codes in a row were entered for your {app_name} account. New attempts "
        "have to wait. If you are the one who waits, open the link below in the browser you want to sign in from, and "
        "enter your password. It works once, for {lifetime}.",
        action=_RECOGNIZE,
        advice=(
            Advice("If this was you,", "wait, then try again, or use the link."),
            _was_not_you(
                "someone is guessing, and was not let in. Make sure that your password is long and that you "
                "use it nowhere else."
            ),
        ),
    ),
    MessageKind.PASSWORDS_CLOSED: MessageText(
        subject="Password sign-in to your {app_name} account is blocked",
        opening="Too many wrong passwords in a row were entered for your {app_name} account. Password sign-in is "
        "blocked, even with the correct password, except in browsers that have signed in before. Open the link "
        "below in another browser to allow it there.",
        action=_RECOGNIZE,
        advice=(
            Advice("To get back in elsewhere,", "use the link, or ask for a new password by email."),
            _was_not_you("someone is guessing, and was not let in."),
        ),
    ),
    MessageKind.CODE_REUSED: MessageText(
        subject="A used code of your {app_name} account was entered again",
        opening="A correct code of your {app_name} account that had already been used was entered again, in "
        "another browser. It was refused.",
        advice=(
            Advice("If you entered it twice yourself,", "there is nothing to do."),
            _was_not_you(
                "someone has seen your code, for instance on a forged page, and knows your password. Change the "
                "password now."
            ),
        ),
    ),
    MessageKind.SECRET_REVEALED: MessageText(
        subject="The authenticator secret of your {app_name} account was shown",
        opening="The secret of the authenticator app of your {app_name} account was shown to someone who was "
        "signed in. Whoever has it can make your codes.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                f"someone else is in your account. Change your password, then replace the app. {_HELP}"
            ),
        ),
    ),
    MessageKind.DEVICE_TOKEN_REUSED: MessageText(
        subject="A trusted device of your {app_name} account was signed out",
        opening="Two browsers used the same trusted device of your {app_name} account. One of them may hold a copy, "
        "so the device is no longer trusted and its sessions were ended.",
        advice=(
            Advice("If you restored a browser from a backup,", "sign in and trust it again."),
            _was_not_you(
                "someone has copied your browser's data, and knows your password. Change the password now."
            ),
        ),
    ),
    MessageKind.ACCOUNT_RECLAIMED: MessageText(
        subject="Your {app_name} password was reset, and two-factor authentication is off",
        opening="A new password was chosen for your {app_name} account, with a link from a mail to this address. The "
        "address had never been confirmed, so everything that was set up before was removed: two-factor "
        "authentication, trusted devices and sessions.",
        advice=(
            Advice("If this was you,", "sign in with the new password and set up two-factor authentication."),
            _was_not_you(
                "someone else can read your mail. Change the password of your mailbox first, then that of "
                f"{{app_name}}. {_HELP}"
            ),
        ),
    ),
    MessageKind.ACCOUNT_DELETED: MessageText(
        subject="Your {app_name} account was deleted",
        opening="Your {app_name} account and everything that belonged to it was deleted.",
        advice=(
            _WAS_YOU,
            _was_not_you(f"someone else was in your account. {_HELP}"),
        ),
    ),
}
