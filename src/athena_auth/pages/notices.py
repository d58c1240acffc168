"""The sentences that a page shows after another one has done something: `?notice=` names one, so a URL adds no text."""

from athena_auth.kernel.texts import Text
from athena_auth.languages import Language

_NOTICES = {
    "signed-out": Text("You have signed out."),
    "ended": Text("Your sign-in took too long or has ended. Sign in with your password again."),
    "verified": Text("Your email address is verified."),
    "already-verified": Text("This email address is already verified."),
    "password-set": Text("Your password was set. Sign in with it now."),
    "password-set-second-factor": Text(
        "Your password was set. Sign in with it now. You will still be asked for your second factor."
    ),
    "browser-allowed": Text("This browser can sign in now."),
    "link-sent": Text("We have sent you a new link. Check your email."),
    "reset-asked": Text(
        "If there is an account with this address, we have sent a link to it. Check your email."
    ),
    "recovery-asked": Text("We have sent you a link. Check your email."),
    "recovery-begun": Text("The recovery has begun."),
    "recovery-cancelled": Text("The recovery was cancelled. Your second factors still work."),
    "recovered": Text("Your second factors were removed. Set up a new one now."),
    "code-sent": Text("We have sent you a code."),
    "session-ended": Text("You are no longer signed in. Sign in again to continue."),
    "signed-out-everywhere": Text("You are signed out everywhere."),
    "account-deleted": Text("Your account was deleted."),
    "turn-on-first": Text("This needs two-factor authentication. Turn it on first."),
    "set-up": Text("Your second factor is set up."),
    "turned-off": Text("Two-factor authentication is off."),
    "codes-saved": Text("That is one of your codes. Keep them in a safe place; you have not used it up."),
    "codes-gone": Text("Backup codes are shown only once. If you have not saved them, make new ones here."),
    "shown-once": Text(
        "This is done already. The QR code and the backup codes are shown only once. If you have not saved the codes, "
        "make new ones."
    ),
    "enrolment-ended": Text(
        "This set-up took too long, or was started again in another tab. Start again here."
    ),
    "last-code": Text("That was your last backup code. Make new ones now, and save them."),
    "device-revoked": Text("The browser is no longer trusted."),
    "devices-revoked": Text("No browser is trusted any longer."),
    "session-revoked": Text("The session was ended."),
    "sessions-revoked": Text("All other sessions were ended."),
    "authenticator-added": Text("The authenticator app was added."),
    "authenticator-renamed": Text("The authenticator was renamed."),
    "authenticator-suspended": Text("The authenticator is suspended. Resume it here when you have it again."),
    "authenticator-resumed": Text("The authenticator can be used again."),
    "authenticator-removed": Text("The authenticator was removed."),
    "preferred": Text("Your choice was saved."),
    "password-changed": Text("Your password was changed."),
    "password-added": Text("Your account has a password now."),
    "password-removed": Text(
        "Your password was removed. You sign in with a passkey from now on. You were signed out everywhere else."
    ),
    "passkey-added": Text("The passkey was added."),
    "passkey-renamed": Text("The passkey was renamed."),
    "passkey-removed": Text(
        "The passkey was removed, and all other sessions were ended. Remove it from your device too, if the device still "
        "offers it."
    ),
    "email-change-asked": Text(
        "We have sent a link to the new address. Open it in this browser to complete the change."
    ),
    "email-changed": Text("Your email address was changed. You were signed out everywhere else."),
    "email-restored": Text(
        "Your email address is the old one again. You are signed out everywhere, and the password no longer works. "
        "We have sent you a link to choose a new one."
    ),
}


def notice(name: str, language: Language) -> str:
    """Return the sentence of a notice in this language; empty if there is no such notice."""
    text = _NOTICES.get(name)
    return "" if text is None else language.render(text)
