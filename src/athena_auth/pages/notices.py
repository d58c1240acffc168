"""The sentences that a page shows after another one has done something: `?notice=` names one, so a URL adds no text."""

from athena_auth.pages.language import Language


def mark(text: str) -> str:
    """Mark a text for extraction. It is translated where it is shown."""
    return text


_NOTICES = {
    "signed-out": mark("You have signed out."),
    "ended": mark("Your sign-in took too long or has ended. Sign in with your password again."),
    "verified": mark("Your email address is verified."),
    "already-verified": mark("This email address is already verified."),
    "password-set": mark("Your password was set. Sign in with it now."),
    "password-set-second-factor": mark(
        "Your password was set. Sign in with it now. You will still be asked for your second factor."
    ),
    "browser-allowed": mark("This browser can sign in now."),
    "link-sent": mark("We have sent you a new link. Check your email."),
    "reset-asked": mark(
        "If there is an account with this address, we have sent a link to it. Check your email."
    ),
    "code-sent": mark("We have sent you a code."),
    "session-ended": mark("You are no longer signed in. Sign in again to continue."),
    "signed-out-everywhere": mark("You are signed out everywhere."),
    "account-deleted": mark("Your account was deleted."),
    "turn-on-first": mark("This needs two-factor authentication. Turn it on first."),
    "turned-off": mark("Two-factor authentication is off."),
    "codes-saved": mark("That is one of your codes. Keep them in a safe place; you have not used it up."),
    "codes-gone": mark("Backup codes are shown only once. If you have not saved them, make new ones here."),
    "shown-once": mark(
        "This is done already. The QR code and the backup codes are shown only once. If you have not saved the codes, "
        "make new ones."
    ),
    "enrolment-ended": mark(
        "This set-up took too long, or was started again in another tab. Start again here."
    ),
    "last-code": mark("That was your last backup code. Make new ones now, and save them."),
    "device-revoked": mark("This browser is no longer trusted."),
    "devices-revoked": mark("No browser is trusted any longer."),
    "session-revoked": mark("The session was ended."),
    "sessions-revoked": mark("All other sessions were ended."),
    "password-changed": mark("Your password was changed."),
}


def notice(name: str, language: Language) -> str:
    """Return the sentence of a notice in this language; empty if there is no such notice."""
    text = _NOTICES.get(name)
    return "" if text is None else language.gettext(text)
