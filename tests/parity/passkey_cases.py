"""The endpoints of passkeys, with a software authenticator instead of a browser's."""

from parity.cases import case
from parity.states import (
    REGISTER,
    SIGN_IN,
    USE,
    added_passkey,
    another_account,
    another_device,
    copied_id,
    enrolled,
    forget_cookies,
    get,
    made_passkey,
    page_of_another_site,
    post,
    signed_in,
    two_days_later,
    used_passkey,
    user_not_verified,
    with_passkey,
)

OPTIONS = get("/passkey/generate-register-options")
SIGN_IN_OPTIONS = get("/passkey/generate-authenticate-options")
LIST = get("/passkey/list-user-passkeys")
RENAME = post("/passkey/update-passkey", id="{passkey}", name="Red key")
DELETE = post("/passkey/delete-passkey", id="{passkey}")
NOBODYS = "n0b0dys-passkey"

REGISTRATION_CASES = (
    case("generate-register-options", OPTIONS, signed_in),
    case(
        "generate-register-options, authenticatorAttachment",
        get("/passkey/generate-register-options?authenticatorAttachment=platform"),
        signed_in,
    ),
    case("generate-register-options, an account with a passkey", OPTIONS, with_passkey),
    case("generate-register-options, no session", OPTIONS),
    case("generate-register-options, session of two days ago", OPTIONS, signed_in, two_days_later),
    case("verify-registration", REGISTER, signed_in, made_passkey),
    case(
        "verify-registration, no name",
        post("/passkey/verify-registration", response="{made}"),
        signed_in,
        made_passkey,
    ),
    case(
        "verify-registration, a device that does not verify its user",
        REGISTER,
        signed_in,
        user_not_verified,
        made_passkey,
    ),
    case("verify-registration, response that was used", REGISTER, with_passkey),
    case(
        "verify-registration, from a page of another site",
        REGISTER,
        signed_in,
        page_of_another_site,
        made_passkey,
    ),
    case(
        "verify-registration, another account's session", REGISTER, signed_in, made_passkey, another_account
    ),
    case(
        "verify-registration, a passkey of another account",
        REGISTER,
        with_passkey,
        another_account,
        made_passkey,
    ),
    case(
        "verify-registration, malformed response",
        post("/passkey/verify-registration", response={"id": NOBODYS}),
        signed_in,
        made_passkey,
    ),
    case("verify-registration, no response", post("/passkey/verify-registration"), signed_in, made_passkey),
    case("verify-registration, no session", REGISTER, signed_in, made_passkey, forget_cookies),
)
SIGN_IN_CASES = (
    case("generate-authenticate-options", SIGN_IN_OPTIONS),
    case("generate-authenticate-options by POST", post("/passkey/generate-authenticate-options")),
    case("generate-authenticate-options in a session", SIGN_IN_OPTIONS, with_passkey),
    case("verify-authentication", USE, with_passkey, used_passkey),
    case("verify-authentication, second factor on", USE, enrolled, added_passkey, used_passkey),
    case(
        "verify-authentication, a device that does not verify its user",
        USE,
        with_passkey,
        user_not_verified,
        used_passkey,
    ),
    case("verify-authentication, response that was used", USE, with_passkey, used_passkey, USE),
    case("verify-authentication, in another browser", USE, with_passkey, used_passkey, forget_cookies),
    case(
        "verify-authentication, from a page of another site",
        USE,
        with_passkey,
        page_of_another_site,
        used_passkey,
    ),
    case("verify-authentication, unknown passkey", USE, with_passkey, another_device, used_passkey),
    case("verify-authentication, signature of another key", USE, with_passkey, copied_id, used_passkey),
    case("verify-authentication, removed passkey", USE, with_passkey, DELETE, used_passkey),
    case(
        "verify-authentication, malformed response",
        post("/passkey/verify-authentication", response={"id": NOBODYS}),
        with_passkey,
        used_passkey,
    ),
    case(
        "verify-authentication, no response",
        post("/passkey/verify-authentication"),
        with_passkey,
        used_passkey,
    ),
    case("get-session after a passkey", get("/get-session"), with_passkey, used_passkey, USE),
    case(
        "sign-in, second factor due, an account with a passkey",
        SIGN_IN,
        enrolled,
        added_passkey,
        forget_cookies,
    ),
)
MANAGEMENT_CASES = (
    case("list-user-passkeys", LIST, with_passkey),
    case("list-user-passkeys, none", LIST, signed_in),
    case("list-user-passkeys, no session", LIST),
    case("update-passkey", RENAME, with_passkey),
    case("update-passkey, no name", post("/passkey/update-passkey", id="{passkey}"), with_passkey),
    case(
        "update-passkey, unknown id", post("/passkey/update-passkey", id=NOBODYS, name="Red key"), signed_in
    ),
    case("update-passkey, another account's", RENAME, with_passkey, another_account),
    case("update-passkey, no session", RENAME, with_passkey, forget_cookies),
    case("delete-passkey", DELETE, with_passkey),
    case("delete-passkey, session of two days ago", DELETE, with_passkey, two_days_later),
    case("delete-passkey, unknown id", post("/passkey/delete-passkey", id=NOBODYS), signed_in),
    case("delete-passkey, another account's", DELETE, with_passkey, another_account),
    case("delete-passkey, no session", DELETE, with_passkey, forget_cookies),
)
CASES = (*REGISTRATION_CASES, *SIGN_IN_CASES, *MANAGEMENT_CASES)
