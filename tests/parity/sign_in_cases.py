"""Signing up, signing in and signing out."""

from parity.cases import case
from parity.states import (
    SIGN_IN,
    SIGN_UP,
    account,
    challenged,
    enrolled,
    forged_trust,
    forget_cookies,
    get,
    post,
    revoked,
    signed_in,
    trusted_device,
)
from parity.visitor import Request


def sign_up(**changed: object) -> Request:
    return post("/sign-up/email", **{"name": "Ada", "email": "{email}", "password": "{password}", **changed})


def sign_in(**changed: object) -> Request:
    return post("/sign-in/email", **{"email": "{email}", "password": "{password}", **changed})


ELSEWHERE = "https://elsewhere.example/welcome"
SIGN_UP_CASES = (
    case("sign-up", SIGN_UP),
    case("sign-up, address taken", SIGN_UP, account),
    case("sign-up, empty name", sign_up(name="")),
    case("sign-up, no name", post("/sign-up/email", email="{email}", password="{password}")),
    case("sign-up, malformed address", sign_up(email="nonsense")),
    case("sign-up, short password", sign_up(password="short")),
    case("sign-up, long password", sign_up(password="x" * 129)),
    case("sign-up, common password", sign_up(password="password1234")),
    case("sign-up, password that contains the address", sign_up(password="{email}")),
    case("sign-up, callbackURL", sign_up(callbackURL="/welcome")),
    case("sign-up, untrusted callbackURL", sign_up(callbackURL=ELSEWHERE)),
    case("sign-up, unknown field", sign_up(shoeSize=38)),
    case("sign-up, image", sign_up(image="https://example.com/ada.png")),
)
SIGN_IN_CASES = (
    case("sign-in", SIGN_IN, account),
    case("sign-in, wrong password", sign_in(password="not the password"), account),
    case("sign-in, unknown address", sign_in(email="{unknown_email}")),
    case("sign-in, malformed address", sign_in(email="nonsense")),
    case("sign-in, no password", post("/sign-in/email", email="{email}"), account),
    case("sign-in, relative callbackURL", sign_in(callbackURL="/dashboard"), account),
    case("sign-in, callbackURL on the own origin", sign_in(callbackURL="{origin}/dashboard"), account),
    case("sign-in, untrusted callbackURL", sign_in(callbackURL=ELSEWHERE), account),
    case(
        "sign-in, callbackURL to another host without a scheme",
        sign_in(callbackURL="//elsewhere.example"),
        account,
    ),
    case("sign-in, rememberMe false", sign_in(rememberMe=False), account),
    case(
        "sign-in, 20 wrong passwords, then the right one",
        SIGN_IN,
        account,
        *[sign_in(password="not the password")] * 20,
    ),
    case("sign-in, second factor due", SIGN_IN, enrolled, forget_cookies),
    case(
        "sign-in, second factor due, callbackURL", sign_in(callbackURL="/dashboard"), enrolled, forget_cookies
    ),
    case("sign-in, second factor due, rememberMe false", sign_in(rememberMe=False), enrolled, forget_cookies),
    case("sign-in on a trusted device", SIGN_IN, trusted_device),
    case("sign-in on a trusted device, callbackURL", sign_in(callbackURL="/dashboard"), trusted_device),
    case("sign-in with a forged cookie of a trusted device", SIGN_IN, enrolled, forget_cookies, forged_trust),
    case("sign-in in a session", SIGN_IN, signed_in),
    case("sign-in in a session, second factor due", SIGN_IN, enrolled),
    case(
        "get-session after a sign-in in a session, second factor due", get("/get-session"), enrolled, SIGN_IN
    ),
    case(
        "verify-totp after a sign-in in a session",
        post("/two-factor/verify-totp", code="{code}"),
        enrolled,
        SIGN_IN,
    ),
    case("session while a second factor is due", get("/get-session"), challenged),
    case("social sign-in", post("/sign-in/social", provider="github")),
)
SIGN_OUT_CASES = (
    case("sign-out", post("/sign-out"), signed_in),
    case("sign-out, no session", post("/sign-out")),
    case("sign-out, revoked session", post("/sign-out"), revoked),
    case("sign-out while a second factor is due", post("/sign-out"), challenged),
    case("sign-out, no body", Request("POST", "/sign-out"), signed_in),
)
CASES = (*SIGN_UP_CASES, *SIGN_IN_CASES, *SIGN_OUT_CASES)
