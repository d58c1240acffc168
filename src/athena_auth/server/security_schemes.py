"""How the callers of each kind of route authenticate, in the words of OpenAPI."""

from athena_auth.server.schemas import Json
from athena_auth.wire.reply import CookieName
from athena_auth.wire.route import Access

_SESSION: list[Json] = [{"bearerAuth": []}, {"cookieAuth": []}]
_ENROLMENT: list[Json] = [{"enrolmentCookieAuth": []}]

SECURITY: dict[Access, list[Json]] = {
    Access.PUBLIC: [],
    Access.OPTIONAL_SESSION: [{}, *_SESSION],
    Access.SESSION: _SESSION,
    Access.SESSION_OR_CHALLENGE: [*_SESSION, {"challengeCookieAuth": []}, *_ENROLMENT],
    Access.SESSION_OR_ENROLMENT: [*_SESSION, *_ENROLMENT],
}


def security_schemes(names: dict[CookieName, str]) -> Json:
    """Return the schemes, with the names of the cookies on the wire."""
    return {
        "bearerAuth": {
            "type": "http",
            "scheme": "bearer",
            "description": "A session token; a challenge token (`2fa_…`) while a second step is required, or an enrolment "
            "token (`enrol_…`) while a second factor must be enrolled.",
        },
        "cookieAuth": _cookie(names[CookieName.SESSION], "A session token, as a browser's cookie."),
        "challengeCookieAuth": _cookie(
            names[CookieName.CHALLENGE], "A challenge token of a pending sign-in, as a browser's cookie."
        ),
        "enrolmentCookieAuth": _cookie(
            names[CookieName.ENROLMENT],
            "An enrolment token of an account that must enrol a second factor, as a browser's cookie.",
        ),
    }


def _cookie(name: str, description: str) -> Json:
    return {"type": "apiKey", "in": "cookie", "name": name, "description": description}
