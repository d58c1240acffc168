"""Origins, content types, methods and paths: what a server checks before it handles a request."""

from parity.cases import case
from parity.states import account, get, post, signed_in
from parity.visitor import Request

FOREIGN = "https://elsewhere.example"
_SIGN_IN = '{"email":"{email}","password":"{password}"}'
_FORM = "email={email}&password={password}"


def sign_out(**headers: str | None) -> Request:
    return post("/sign-out", headers)


def sign_in(headers: dict[str, str | None]) -> Request:
    return post("/sign-in/email", headers, email="{email}", password="{password}")


def typed(content_type: str | None, body: str = _SIGN_IN) -> Request:
    return Request("POST", "/sign-in/email", body, {"content-type": content_type})


ORIGIN_CASES = (
    case("cookie, no Origin", sign_out(origin=None), signed_in),
    case("cookie, Origin null", sign_out(origin="null"), signed_in),
    case("cookie, foreign Origin", sign_out(origin=FOREIGN), signed_in),
    case("cookie, no Origin, own Referer", sign_out(origin=None, referer="{origin}/page"), signed_in),
    case("cookie, no Origin, foreign Referer", sign_out(origin=None, referer=FOREIGN + "/page"), signed_in),
    case("sign-in, no Origin", sign_in({"origin": None}), account),
    case("sign-in, foreign Origin", sign_in({"origin": FOREIGN}), account),
    case("sign-in, Origin null", sign_in({"origin": "null"}), account),
    case(
        "sign-in by navigation from another site",
        sign_in({"origin": FOREIGN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
        account,
    ),
    case("get-session, foreign Origin", get("/get-session", origin=FOREIGN), signed_in),
    case(
        "bearer token, no Origin",
        post(
            "/update-user",
            {"origin": None, "cookie": None, "authorization": "Bearer {session_token}"},
            name="Ada",
        ),
        signed_in,
    ),
    case(
        "bearer token, get-session",
        get("/get-session", cookie=None, authorization="Bearer {session_token}"),
        signed_in,
    ),
    case(
        "wrong bearer token beside a cookie",
        get("/get-session", authorization="Bearer nobodys-token"),
        signed_in,
    ),
    case("wrong bearer token", get("/list-sessions", authorization="Bearer nobodys-token")),
)
BODY_CASES = (
    case("body without a content type", typed(None), account),
    case("body as text/plain", typed("text/plain"), account),
    case("body as a form", typed("application/x-www-form-urlencoded", _FORM), account),
    case("body in JSON with a charset", typed("application/json; charset=utf-8"), account),
    case("body that is not JSON", typed("application/json", "{"), account),
    case("body that is a list", typed("application/json", "[]"), account),
    case("empty body", typed("application/json", ""), account),
    case("number for an address", post("/sign-in/email", email=7, password="{password}"), account),
)
PATH_CASES = (
    case("unknown path", get("/no-such-path")),
    case("unknown path by POST", post("/no-such-path")),
    case("trailing slash", get("/ok/")),
    case("ok", get("/ok")),
    case("error page", get("/error?error=INVALID_TOKEN")),
    case("sign-in by GET", get("/sign-in/email")),
    case("sign-in by PUT", Request("PUT", "/sign-in/email", {"email": "{email}", "password": "{password}"})),
    case("list-sessions by POST", post("/list-sessions"), signed_in),
    case("get-session by HEAD", Request("HEAD", "/get-session"), signed_in),
    case("sign-in by OPTIONS", Request("OPTIONS", "/sign-in/email")),
    case(
        "preflight of a foreign origin",
        Request(
            "OPTIONS", "/sign-in/email", None, {"origin": FOREIGN, "access-control-request-method": "POST"}
        ),
    ),
)
CASES = (*ORIGIN_CASES, *BODY_CASES, *PATH_CASES)
