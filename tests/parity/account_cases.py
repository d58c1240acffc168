"""Sessions, the account, and what is sent by email."""

from parity.cases import case
from parity.sign_in_cases import ELSEWHERE
from parity.states import (
    account,
    asked_for_reset,
    asked_for_verification,
    challenged,
    enrolled,
    expired,
    forged_session,
    forget_cookies,
    get,
    password_changed_elsewhere,
    post,
    revoked,
    second_browser,
    signed_in,
    signed_in_on_a_trusted_device,
    two_days_later,
    verified,
)

NEW = "staple battery horse correct"
RESET = post("/reset-password", token="{reset_token}", newPassword=NEW)
VERIFY = get("/verify-email?token={verification_token}")
BAD_TOKEN = "n0t-a-t0ken-of-anybody-at-all"

SESSION_CASES = (
    case("get-session", get("/get-session"), signed_in),
    case("get-session, second factor verified", get("/get-session"), enrolled),
    case("get-session, no session", get("/get-session")),
    case("get-session, revoked session", get("/get-session"), revoked),
    case("get-session, expired session", get("/get-session"), expired),
    case("get-session, forged cookie", get("/get-session"), forged_session),
    case("get-session, password changed in another browser", get("/get-session"), password_changed_elsewhere),
    case("get-session, two days later", get("/get-session"), signed_in, two_days_later),
    case("get-session, disableRefresh", get("/get-session?disableRefresh=true"), signed_in, two_days_later),
    case("get-session, disableCookieCache", get("/get-session?disableCookieCache=true"), signed_in),
    case("get-session by POST", post("/get-session"), signed_in),
    case("list-sessions", get("/list-sessions"), signed_in),
    case("list-sessions, no session", get("/list-sessions")),
    case("list-sessions, expired session", get("/list-sessions"), expired),
    case("revoke-session", post("/revoke-session", token="{other_session}"), signed_in, second_browser),
    case("revoke-session, unknown token", post("/revoke-session", token=BAD_TOKEN), signed_in),
    case("revoke-session, the own one", post("/revoke-session", token="{session_token}"), signed_in),
    case("revoke-other-sessions", post("/revoke-other-sessions"), signed_in, second_browser),
    case(
        "revoke-other-sessions on a trusted device",
        post("/revoke-other-sessions"),
        signed_in_on_a_trusted_device,
    ),
    case("revoke-sessions", post("/revoke-sessions"), signed_in),
    case("revoke-sessions, no session", post("/revoke-sessions")),
    case("update-session", post("/update-session", theme="dark"), signed_in),
)
ACCOUNT_CASES = (
    case("update-user, name", post("/update-user", name="Ada Lovelace"), signed_in),
    case("update-user, nothing", post("/update-user"), signed_in),
    case("update-user, email", post("/update-user", email="{unknown_email}"), signed_in),
    case("update-user, no session", post("/update-user", name="Ada Lovelace")),
    case(
        "change-password", post("/change-password", currentPassword="{password}", newPassword=NEW), signed_in
    ),
    case(
        "change-password, the current one is wrong",
        post("/change-password", currentPassword="not the password", newPassword=NEW),
        signed_in,
    ),
    case(
        "change-password, short",
        post("/change-password", currentPassword="{password}", newPassword="short"),
        signed_in,
    ),
    case(
        "change-password, revokeOtherSessions",
        post("/change-password", currentPassword="{password}", newPassword=NEW, revokeOtherSessions=True),
        signed_in,
    ),
    case(
        "change-password on a trusted device",
        post("/change-password", currentPassword="{password}", newPassword=NEW),
        signed_in_on_a_trusted_device,
    ),
    case("change-email", post("/change-email", newEmail="{unknown_email}"), signed_in),
    case("verify-password", post("/verify-password", password="{password}"), signed_in),
    case("list-accounts", get("/list-accounts"), signed_in),
    case("list-accounts, no session", get("/list-accounts")),
    case("unlink-account", post("/unlink-account", providerId="credential"), signed_in),
    case("link-social", post("/link-social", provider="github"), signed_in),
    case("delete-user, fresh session", post("/delete-user"), signed_in),
    case("delete-user, session of two days ago", post("/delete-user"), signed_in, two_days_later),
    case("delete-user, password", post("/delete-user", password="{password}"), signed_in, two_days_later),
    case("delete-user, wrong password", post("/delete-user", password="not the password"), signed_in),
    case("delete-user by a link", get("/delete-user/callback?token=" + BAD_TOKEN), signed_in),
    case(
        "delete-user on a trusted device",
        post("/delete-user", password="{password}"),
        signed_in_on_a_trusted_device,
    ),
)
RESET_CASES = (
    case("request-password-reset", post("/request-password-reset", email="{email}"), account),
    case("request-password-reset, unknown address", post("/request-password-reset", email="{unknown_email}")),
    case("request-password-reset, malformed address", post("/request-password-reset", email="nonsense")),
    case(
        "request-password-reset, redirectTo",
        post("/request-password-reset", email="{email}", redirectTo="/new-password"),
        account,
    ),
    case(
        "request-password-reset, untrusted redirectTo",
        post("/request-password-reset", email="{email}", redirectTo=ELSEWHERE),
        account,
    ),
    case("forget-password", post("/forget-password", email="{email}"), account),
    case("reset link", get("/reset-password/{reset_token}?callbackURL=%2Fnew-password"), asked_for_reset),
    case("reset link, no callbackURL", get("/reset-password/{reset_token}"), asked_for_reset),
    case("reset link, bad token", get(f"/reset-password/{BAD_TOKEN}?callbackURL=%2Fnew-password")),
    case(
        "reset link, untrusted callbackURL",
        get("/reset-password/{reset_token}?callbackURL=" + ELSEWHERE),
        asked_for_reset,
    ),
    case("reset-password", RESET, asked_for_reset),
    case(
        "reset-password, token in the query",
        post("/reset-password?token={reset_token}", newPassword=NEW),
        asked_for_reset,
    ),
    case("reset-password, bad token", post("/reset-password", token=BAD_TOKEN, newPassword=NEW)),
    case("reset-password, no token", post("/reset-password", newPassword=NEW)),
    case(
        "reset-password, short",
        post("/reset-password", token="{reset_token}", newPassword="short"),
        asked_for_reset,
    ),
    case(
        "reset-password, a second time",
        post("/reset-password", token="{reset_token}", newPassword=NEW),
        asked_for_reset,
        RESET,
    ),
    case(
        "get-session after a reset of the password",
        get("/get-session"),
        signed_in,
        post("/request-password-reset", email="{email}"),
        RESET,
    ),
)
VERIFICATION_CASES = (
    case("send-verification-email", post("/send-verification-email", email="{email}"), signed_in),
    case("send-verification-email, signed out", post("/send-verification-email", email="{email}"), account),
    case(
        "send-verification-email, unknown address", post("/send-verification-email", email="{unknown_email}")
    ),
    case(
        "send-verification-email, already verified",
        post("/send-verification-email", email="{email}"),
        verified,
    ),
    case(
        "send-verification-email, another address",
        post("/send-verification-email", email="{unknown_email}"),
        signed_in,
    ),
    case(
        "send-verification-email, untrusted callbackURL",
        post("/send-verification-email", email="{email}", callbackURL=ELSEWHERE),
        signed_in,
    ),
    case("verify-email", VERIFY, asked_for_verification),
    case("verify-email, signed out", VERIFY, asked_for_verification, forget_cookies),
    case("verify-email, a second time", VERIFY, verified),
    case("verify-email, bad token", get("/verify-email?token=" + BAD_TOKEN), signed_in),
    case(
        "verify-email, bad token, callbackURL",
        get(f"/verify-email?token={BAD_TOKEN}&callbackURL=%2Fdashboard"),
        signed_in,
    ),
    case("verify-email, no token", get("/verify-email"), signed_in),
    case(
        "verify-email, callbackURL",
        get("/verify-email?token={verification_token}&callbackURL=%2Fdashboard"),
        asked_for_verification,
    ),
    case(
        "verify-email, untrusted callbackURL",
        get("/verify-email?token={verification_token}&callbackURL=" + ELSEWHERE),
        asked_for_verification,
    ),
    case(
        "verify-email while a second factor is due",
        get("/verify-email?token={verification_token}"),
        challenged,
        post("/send-verification-email", email="{email}"),
    ),
)
CASES = (*SESSION_CASES, *ACCOUNT_CASES, *RESET_CASES, *VERIFICATION_CASES)
