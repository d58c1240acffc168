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
    "code-sent": Text("We have sent you a code."),
}


def notice(name: str, language: Language) -> str:
    """Return the sentence of a notice in this language; empty if there is no such notice."""
    text = _NOTICES.get(name)
    return "" if text is None else language.render(text)
