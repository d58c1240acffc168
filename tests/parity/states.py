"""The states that requests start from, and how to reach each."""

from typing import Any

import pyotp

from parity.visitor import Request, Visitor
from support.passkey import Authenticator

_DAY = 24 * 60 * 60


def post(path: str, headers: dict[str, str | None] | None = None, /, **body: Any) -> Request:
    """Return a request by POST with a body in JSON."""
    return Request("POST", path, body, headers or {})


def get(path: str, **headers: str | None) -> Request:
    return Request("GET", path, None, headers)


SIGN_UP = post("/sign-up/email", name="Ada", email="{email}", password="{password}")
SIGN_IN = post("/sign-in/email", email="{email}", password="{password}")


def signed_in(visitor: Visitor) -> None:
    """Create an account, and be signed in."""
    visitor.known["session_token"] = visitor.succeed(SIGN_UP)["token"]


def forget_cookies(visitor: Visitor) -> None:
    """Go on in another browser."""
    visitor.jar.clear()


def account(visitor: Visitor) -> None:
    """Have an account, and not be signed in."""
    signed_in(visitor)
    forget_cookies(visitor)


def enabled(visitor: Visitor) -> None:
    """Have begun to turn two-factor authentication on."""
    signed_in(visitor)
    begun = visitor.succeed(post("/two-factor/enable", password="{password}"))
    app = pyotp.parse_uri(begun["totpURI"])
    visitor.known |= {"secret": app.secret, "backup_code": begun["backupCodes"][0]}


def enrolled(visitor: Visitor) -> None:
    """Have turned two-factor authentication on, in this session."""
    enabled(visitor)
    visitor.succeed(post("/two-factor/verify-totp", code="{code}"))


def challenged(visitor: Visitor) -> None:
    """Have given the password, and owe the second factor."""
    enrolled(visitor)
    forget_cookies(visitor)
    assert visitor.succeed(SIGN_IN)["twoFactorRedirect"]


def trusted_device(visitor: Visitor) -> None:
    """Be signed out on a trusted device."""
    challenged(visitor)
    visitor.succeed(post("/two-factor/verify-totp", code="{code}", trustDevice=True))
    visitor.succeed(post("/sign-out"))


def signed_in_on_a_trusted_device(visitor: Visitor) -> None:
    trusted_device(visitor)
    visitor.succeed(SIGN_IN)


def second_browser(visitor: Visitor) -> None:
    """Sign in from another browser too, and know which session that is."""
    own = visitor.succeed(get("/get-session"))["session"]["id"]
    jar = dict(visitor.jar)
    visitor.jar.clear()
    visitor.succeed(SIGN_IN)
    visitor.jar = jar
    sessions = visitor.succeed(get("/list-sessions"))
    visitor.known["other_session"] = next(one["token"] for one in sessions if one["id"] != own)


def revoked(visitor: Visitor) -> None:
    """Keep the cookies of a session that was ended."""
    signed_in(visitor)
    jar = dict(visitor.jar)
    visitor.succeed(post("/sign-out"))
    visitor.jar = jar


def expired(visitor: Visitor) -> None:
    """Keep the cookies of a session that was not used for eight days."""
    signed_in(visitor)
    visitor.site.age_sessions(visitor.known["email"], 8 * _DAY)


def two_days_later(visitor: Visitor) -> None:
    visitor.site.age_sessions(visitor.known["email"], 2 * _DAY)


def used_challenge(visitor: Visitor) -> None:
    """Keep the cookie of a challenge that was met, and no session."""
    challenged(visitor)
    jar = dict(visitor.jar)
    visitor.succeed(post("/two-factor/verify-backup-code", code="{backup_code}"))
    visitor.jar = jar


def asked_for_reset(visitor: Visitor) -> None:
    account(visitor)
    visitor.succeed(post("/request-password-reset", email="{email}"))


def asked_for_verification(visitor: Visitor) -> None:
    signed_in(visitor)
    visitor.succeed(post("/send-verification-email", email="{email}"))


def verified(visitor: Visitor) -> None:
    """Be signed in with an address that is verified."""
    asked_for_verification(visitor)
    visitor.succeed(get("/verify-email?token={verification_token}"))


def password_changed_elsewhere(visitor: Visitor) -> None:
    """Be signed in while the password is changed in another browser."""
    signed_in(visitor)
    jar = dict(visitor.jar)
    forget_cookies(visitor)
    visitor.succeed(SIGN_IN)
    changed = {"currentPassword": "{password}", "newPassword": "staple battery horse correct"}
    visitor.succeed(post("/change-password", **changed))
    visitor.jar = jar


def challenged_for_this_browser_session(visitor: Visitor) -> None:
    """Owe the second factor, and have asked not to be remembered."""
    enrolled(visitor)
    forget_cookies(visitor)
    visitor.succeed(post("/sign-in/email", email="{email}", password="{password}", rememberMe=False))


REGISTER = post("/passkey/verify-registration", response="{made}", name="Blue key")
USE = post("/passkey/verify-authentication", response="{used}")


def made_passkey(visitor: Visitor) -> None:
    """Have made a passkey in a session, and not sent it yet."""
    options = visitor.succeed(get("/passkey/generate-register-options"))
    visitor.responses["made"] = visitor.device.create(options)


def with_passkey(visitor: Visitor) -> None:
    """Be signed in to an account with a passkey."""
    signed_in(visitor)
    added_passkey(visitor)


def added_passkey(visitor: Visitor) -> None:
    made_passkey(visitor)
    visitor.known["passkey"] = visitor.succeed(REGISTER)["id"]


def used_passkey(visitor: Visitor) -> None:
    """Have used the passkey in a browser without a session, and not sent its response yet."""
    forget_cookies(visitor)
    options = visitor.succeed(get("/passkey/generate-authenticate-options"))
    visitor.responses["used"] = visitor.device.get(options)


def user_not_verified(visitor: Visitor) -> None:
    """Have a device that asks for a touch only."""
    visitor.device.verifies_user = False


def page_of_another_site(visitor: Visitor) -> None:
    """Have been led to a page that passes on what the device signs."""
    visitor.device.origin = "https://elsewhere.example"


def another_device(visitor: Visitor) -> None:
    """Have a device whose passkey no account has."""
    visitor.device = Authenticator(origin=visitor.site.origin, user_handle=visitor.device.user_handle)


def copied_id(visitor: Visitor) -> None:
    """Have a device that knows the id of the passkey, and not its key."""
    known = visitor.device
    visitor.device = Authenticator(
        origin=visitor.site.origin, user_handle=known.user_handle, credential_id=known.credential_id
    )


def another_account(visitor: Visitor) -> None:
    """Be signed in to another account in this browser, and know the passkey of the first."""
    forget_cookies(visitor)
    visitor.known["email"] = visitor.known["unknown_email"]
    signed_in(visitor)


_FORGED = "bm9ib2R5IGhhcyBzZXQgdGhpcyBjb29raWU"


def forged_session(visitor: Visitor) -> None:
    """Keep a cookie that no server has set."""
    visitor.jar["better-auth.session_token"] = _FORGED


def forged_trust(visitor: Visitor) -> None:
    visitor.jar["better-auth.trust_device"] = _FORGED
