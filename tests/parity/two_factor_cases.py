"""The endpoints of two-factor authentication, with and without a session or a challenge."""

from parity.cases import case
from parity.states import (
    SIGN_IN,
    challenged,
    challenged_for_this_browser_session,
    enabled,
    enrolled,
    forget_cookies,
    get,
    post,
    signed_in,
    signed_in_on_a_trusted_device,
    trusted_device,
    two_days_later,
    used_challenge,
)

ENABLE = post("/two-factor/enable", password="{password}")
DISABLE = post("/two-factor/disable", password="{password}")
URI = post("/two-factor/get-totp-uri", password="{password}")
GENERATE = post("/two-factor/generate-backup-codes", password="{password}")
SEND = post("/two-factor/send-otp")
TOTP = post("/two-factor/verify-totp", code="{code}")
WRONG_TOTP = post("/two-factor/verify-totp", code="{wrong_code}")
OTP = post("/two-factor/verify-otp", code="{sent_code}")
WRONG_OTP = post("/two-factor/verify-otp", code="000000")
BACKUP = post("/two-factor/verify-backup-code", code="{backup_code}")
WRONG_BACKUP = post("/two-factor/verify-backup-code", code="zzzz-zzzz-zzzz-zzzz")

SETTING_CASES = (
    case("enable", ENABLE, signed_in),
    case("enable, wrong password", post("/two-factor/enable", password="not the password"), signed_in),
    case("enable, no password", post("/two-factor/enable"), signed_in),
    case("enable, no session", ENABLE),
    case("enable, already on", ENABLE, enrolled),
    case("sign-in after another authenticator was begun", SIGN_IN, enrolled, ENABLE, forget_cookies),
    case("get-totp-uri", URI, enrolled),
    case("get-totp-uri, not enabled", URI, signed_in),
    case("get-totp-uri on a trusted device", URI, signed_in_on_a_trusted_device),
    case("get-totp-uri, no session", URI),
    case("generate-backup-codes", GENERATE, enrolled),
    case("generate-backup-codes, not enabled", GENERATE, signed_in),
    case("generate-backup-codes, no session", GENERATE),
    case("generate-backup-codes, two days later", GENERATE, enrolled, two_days_later),
    case("disable", DISABLE, enrolled),
    case("disable, wrong password", post("/two-factor/disable", password="not the password"), enrolled),
    case("disable, not enabled", DISABLE, signed_in),
    case("disable, no session", DISABLE),
    case("disable on a trusted device", DISABLE, signed_in_on_a_trusted_device),
)
VERIFYING_CASES = (
    case("verify-totp to turn it on", TOTP, enabled),
    case("verify-totp to turn it on, wrong code", WRONG_TOTP, enabled),
    case("verify-totp in a session", TOTP, enrolled),
    case("verify-totp in a session, wrong code", WRONG_TOTP, enrolled),
    case(
        "verify-totp in a session without two-factor authentication",
        post("/two-factor/verify-totp", code="123456"),
        signed_in,
    ),
    case("verify-totp to sign in", TOTP, challenged),
    case(
        "verify-totp to sign in, trustDevice",
        post("/two-factor/verify-totp", code="{code}", trustDevice=True),
        challenged,
    ),
    case(
        "verify-totp to sign in, rememberMe false at the password", TOTP, challenged_for_this_browser_session
    ),
    case("verify-totp to sign in, wrong code", WRONG_TOTP, challenged),
    case("verify-totp to sign in, not a code", post("/two-factor/verify-totp", code="nonsense"), challenged),
    case("verify-totp to sign in, no code", post("/two-factor/verify-totp"), challenged),
    case(
        "verify-totp to sign in, a code that was used",
        post("/two-factor/verify-totp", code="{used_code}"),
        challenged,
    ),
    case("verify-totp, neither session nor challenge", post("/two-factor/verify-totp", code="123456")),
    case(
        "verify-totp, challenge that was met", post("/two-factor/verify-totp", code="123456"), used_challenge
    ),
    case("verify-totp, fifth wrong code", WRONG_TOTP, challenged, *[WRONG_TOTP] * 4),
    case("verify-totp, sixth wrong code", WRONG_TOTP, challenged, *[WRONG_TOTP] * 5),
    case("verify-totp, right code after six wrong ones", TOTP, challenged, *[WRONG_TOTP] * 6),
    case(
        "verify-totp, right code at a new sign-in after six wrong ones",
        TOTP,
        challenged,
        *[WRONG_TOTP] * 6,
        SIGN_IN,
    ),
    case(
        "verify-totp, right code at a new sign-in after ten wrong ones",
        TOTP,
        challenged,
        *[WRONG_TOTP] * 5,
        SIGN_IN,
        *[WRONG_TOTP] * 5,
        SIGN_IN,
    ),
    case("send-otp", SEND, challenged),
    case("send-otp in a session", SEND, enrolled),
    case("send-otp in a session without two-factor authentication", SEND, signed_in),
    case("send-otp, neither session nor challenge", SEND),
    case("send-otp, challenge that was met", SEND, used_challenge),
    case("verify-otp to sign in", OTP, challenged, SEND),
    case("verify-otp in a session", OTP, enrolled, SEND),
    case("verify-otp to sign in, wrong code", WRONG_OTP, challenged, SEND),
    case("verify-otp to sign in, none was sent", WRONG_OTP, challenged),
    case("verify-otp, neither session nor challenge", WRONG_OTP),
    case("verify-otp, sixth wrong code", WRONG_OTP, challenged, SEND, *[WRONG_OTP] * 5),
    case("verify-otp, right code after six wrong ones", OTP, challenged, SEND, *[WRONG_OTP] * 6),
    case("verify-backup-code to sign in", BACKUP, challenged),
    case(
        "verify-backup-code to sign in, disableSession",
        post("/two-factor/verify-backup-code", code="{backup_code}", disableSession=True),
        challenged,
    ),
    case("verify-backup-code to sign in, wrong code", WRONG_BACKUP, challenged),
    case(
        "verify-backup-code to sign in, a code that was used",
        BACKUP,
        challenged,
        BACKUP,
        forget_cookies,
        SIGN_IN,
    ),
    case("verify-backup-code in a session", BACKUP, enrolled),
    case("verify-backup-code, neither session nor challenge", WRONG_BACKUP),
    case("verify-backup-code, sixth wrong code", WRONG_BACKUP, challenged, *[WRONG_BACKUP] * 5),
    case("get-session after a second factor", get("/get-session"), challenged, BACKUP),
    case(
        "sign-in on a device whose trust ended with two-factor authentication",
        SIGN_IN,
        trusted_device,
        SIGN_IN,
        BACKUP,
        DISABLE,
        post("/sign-out"),
    ),
)
CASES = (*SETTING_CASES, *VERIFYING_CASES)
