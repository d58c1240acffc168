"""What an answer gives a client to go on with, as the header line that its next request carries.

The servers differ in this alone: a challenge is a token of its own here and a signed cookie in better-auth.
"""

from load import Answer

_CHALLENGE_COOKIE = "better-auth.two_factor"


def session_of(answer: Answer) -> str:
    """Return the credential of the session that an answer opened or kept."""
    announced = answer.header_values("set-auth-token")
    return _bearer(announced[-1] if announced else answer.json()["token"])


def challenge_of(answer: Answer) -> str:
    """Return the credential of the challenge that a sign-in ended in."""
    token = answer.json().get("token")
    if token is not None:
        return _bearer(token)
    cookies = [value.partition(";")[0] for value in answer.header_values("set-cookie")]
    return f"Cookie: {next(cookie for cookie in cookies if cookie.startswith(_CHALLENGE_COOKIE))}"


def forwarded(session: str) -> str:
    """Return the credential of a session as a proxy passes it on from a browser, with the request that it asks about."""
    lines = (
        f"Cookie: theme=dark; athena-auth.session_token={session.rpartition(' ')[2]}",
        "Sec-Fetch-Dest: document",
        "X-Forwarded-For: 203.0.113.7",
        "X-Forwarded-Host: app.example.com",
        "X-Forwarded-Method: GET",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Uri: /report?year=2026",
    )
    return "\r\n".join(lines)


def _bearer(token: str) -> str:
    return f"Authorization: Bearer {token}"
