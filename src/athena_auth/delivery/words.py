"""What each kind of message says, once for its plain text and its HTML.

The sentences name `{app_name}`, `{lifetime}` and `{codes_left}`, which `render` fills in. No subject holds a
secret: a locked screen shows the subject to whoever holds the phone, which may be the thief the second factor
is there to stop. An opening comes before the code or the link for the same reason, and is long enough to fill
a preview. News carries no link: people who are used to links in warnings follow the forged ones.
"""

from dataclasses import dataclass
from typing import NamedTuple

from athena_auth.delivery.model import MessageKind


class Advice(NamedTuple):
    """What to do in a case; together they are a sentence."""

    case: str
    counsel: str


@dataclass(frozen=True, slots=True)
class Words:
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

_WAS_YOU = Advice("If this was you,", "there is nothing to do.")
_HELP = "If you cannot sign in any more, ask the people who run {app_name} for help."


def _was_not_you(counsel: str) -> Advice:
    return Advice("If this was not you,", counsel)


WORDS = {
    MessageKind.TWO_FACTOR_OTP: Words(
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
    MessageKind.EMAIL_VERIFICATION: Words(
        subject="Confirm your email address for {app_name}",
        opening="Somebody, probably you, gave this email address to {app_name}. Confirm that it is yours by "
        "opening the link below. It stops working {lifetime} after it was asked for.",
        action="Confirm this address",
        advice=(Advice("If you did not ask for this,", "ignore this mail: nothing changes."),),
    ),
    MessageKind.PASSWORD_RESET: Words(
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
    MessageKind.SECOND_FACTOR_REFUSED: Words(
        subject="A sign-in to your {app_name} account was stopped",
        opening="Somebody entered the right password of your {app_name} account, but a wrong code after it. "
        "They were not let in.",
        advice=(
            Advice("If this was you,", "try again; there is nothing else to do."),
            _was_not_you(
                "somebody has your password. Change it now, and wherever else you use the same one."
            ),
        ),
    ),
    MessageKind.SECOND_FACTOR_CLOSED: Words(
        subject="Your {app_name} account takes no more codes",
        opening="The codes entered for your {app_name} account were wrong too many times in a row. No more are "
        "accepted, so that nobody can go on guessing.",
        advice=(
            Advice(
                "To sign in with codes again,",
                "change your password where you are still signed in, or ask the people who run {app_name}.",
            ),
            _was_not_you(
                "somebody probably has your password. Change it now, and wherever else you use the same one."
            ),
        ),
    ),
    MessageKind.FACTOR_ADDED: Words(
        subject="Your {app_name} account has a new second factor",
        opening="A second factor was added to your {app_name} account. Signing in can now ask for it after the "
        "password.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else is in your account. Change your password now, and put a second factor of your "
                f"own in place of theirs. {_HELP}"
            ),
        ),
    ),
    MessageKind.FACTOR_REPLACED: Words(
        subject="The second factor of your {app_name} account was replaced",
        opening="The second factor of your {app_name} account was replaced by a new one. The old one does not "
        "work any more.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else is in your account. Change your password now, and put a second factor of your "
                f"own in place of theirs. {_HELP}"
            ),
        ),
    ),
    MessageKind.FACTORS_REMOVED: Words(
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
    MessageKind.FACTORS_RESET: Words(
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
    MessageKind.BACKUP_CODE_USED: Words(
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
    MessageKind.BACKUP_CODES_REPLACED: Words(
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
    MessageKind.DEVICE_TRUSTED: Words(
        subject="Your {app_name} account trusts a new device",
        opening="A device was marked as trusted for your {app_name} account. It can now sign in with the "
        "password alone, without a second factor.",
        advice=(
            _WAS_YOU,
            _was_not_you(
                "somebody else was in your account. Remove the device from the trusted devices in your "
                "settings, and change your password now."
            ),
        ),
    ),
    MessageKind.PASSWORD_CHANGED: Words(
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
    MessageKind.PASSWORD_WAS_RESET: Words(
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
    MessageKind.ACCOUNT_LOCKED: Words(
        subject="Wrong passwords or codes for your {app_name} account",
        opening="Several wrong passwords or codes in a row were entered for your {app_name} account. Whoever "
        "enters them has to wait before the next one is looked at.",
        advice=(
            Advice("If this was you,", "wait, then try again."),
            _was_not_you(
                "somebody is guessing, and was not let in. Make sure that your password is long and that you "
                "use it nowhere else."
            ),
        ),
    ),
    MessageKind.PASSWORDS_CLOSED: Words(
        subject="Passwords for your {app_name} account are closed",
        opening="A hundred wrong passwords in a row were entered for your {app_name} account. No password is taken "
        "any more, the right one neither.",
        advice=(
            Advice(
                "To get back in,",
                "ask for a new password by mail on the sign-in page, or use a device that you trust.",
            ),
            _was_not_you("somebody is guessing, and was not let in."),
        ),
    ),
}
