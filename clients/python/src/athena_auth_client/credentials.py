"""The client's credentials: tokens sent with each request, and updated from each response."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Literal

import httpx
import msgspec

from athena_auth_client.errors import TOKEN_STORE_FAILED, TokenStoreError
from athena_auth_client.tokens import TokenStore

CredentialsMode = Literal["bearer", "cookie"]
"""Whether the session's token is sent as `Authorization: Bearer`, or as a cookie as browsers do."""

COOKIE_PREFIX = "athena-auth"
"""The default prefix of the server's cookie names."""
SECURE_PREFIX = "__Secure-"
SESSION_COOKIE = "session_token"
CHALLENGE_COOKIE = "two_factor"
ENROLMENT_COOKIE = "enrolment"
_ENROLMENT_PREFIX = "enrol_"
TRUSTED_DEVICE_COOKIE = "trust_device"
RECOGNIZED_BROWSER_COOKIE = "recognized_browser"
SESSION_HEADER = "set-auth-token"
"""The response header with the token of a new session."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750 section 2.1

_NOT_LOADED = "The token store failed to load the tokens, so nothing was sent."
_NOT_SAVED = "The call succeeded, but the token store failed to save the new tokens. Sign in again."


class Credentials:
    """Sends tokens with requests, and stores those that responses set.

    Storing is the same in both modes: bearer clients too learn by cookie what was revoked and which device is trusted.
    """

    def __init__(self, store: TokenStore, mode: CredentialsMode, origin: str, cookie_prefix: str) -> None:
        self._store = store
        self._mode = mode
        self._origin = origin
        self._cookie_prefix = f"{cookie_prefix}."
        # Two threads that store at once must not undo each other's changes.
        self._lock = Lock()

    def request_headers(self, challenge: str | None) -> dict[str, str]:
        """Return the headers that authenticate a request: by this challenge or enrolment token, else by the session."""
        with _store_errors(_NOT_LOADED):
            tokens = self._store.load()
        for token in (challenge, tokens.session, tokens.trusted_device, tokens.recognized_browser):
            _check_token(token)
        # Trusted devices and recognized browsers are known by cookie only, also in bearer mode.
        cookies = {
            TRUSTED_DEVICE_COOKIE: tokens.trusted_device,
            RECOGNIZED_BROWSER_COOKIE: tokens.recognized_browser,
        }
        headers: dict[str, str] = {}
        if self._mode == "cookie":
            cookies |= (
                {_pending_cookie(challenge): challenge} if challenge else {SESSION_COOKIE: tokens.session}
            )
            # Browsers add it themselves. Without it the server takes a request with cookies for a forgery (CSRF).
            headers["origin"] = self._origin
        elif token := challenge or tokens.session:
            headers["authorization"] = f"Bearer {token}"
        if cookie_header := self._cookie_header(cookies):
            headers["cookie"] = cookie_header
        return headers

    def store_tokens(self, headers: httpx.Headers, *, store_session: bool) -> None:
        """Store the tokens that a response sets and remove those that it revokes, as a browser would."""
        cookies = dict(self._parse(cookie) for cookie in headers.get_list("set-cookie"))
        session = headers.get(SESSION_HEADER)
        changes: dict[str, str | None] = {}
        if session and store_session:
            changes["session"] = session
        elif SESSION_COOKIE in cookies and cookies[SESSION_COOKIE] is None:
            changes["session"] = None
        if TRUSTED_DEVICE_COOKIE in cookies:
            changes["trusted_device"] = cookies[TRUSTED_DEVICE_COOKIE]
        if RECOGNIZED_BROWSER_COOKIE in cookies:
            changes["recognized_browser"] = cookies[RECOGNIZED_BROWSER_COOKIE]
        if not changes:
            return
        with self._lock, _store_errors(_NOT_SAVED):
            self._store.save(msgspec.structs.replace(self._store.load(), **changes))

    def _cookie_header(self, cookies: dict[str, str | None]) -> str:
        # A server with an https base URL reads only the names with __Secure-, even if this client reaches it by http behind
        # its proxy. Each server reads one of the two names and ignores the other.
        return "; ".join(
            f"{secure}{self._cookie_prefix}{name}={value}"
            for name, value in cookies.items()
            if value
            for secure in ("", SECURE_PREFIX)
        )

    def _parse(self, set_cookie: str) -> tuple[str, str | None]:
        """Return a cookie's name without prefixes, and its value. The server removes a cookie by an empty value."""
        name, _, value = set_cookie.partition(";")[0].partition("=")
        unprefixed = name.strip().removeprefix(SECURE_PREFIX).removeprefix(self._cookie_prefix)
        return unprefixed, value.strip() or None


@contextmanager
def _store_errors(message: str) -> Iterator[None]:
    """Raise a `TokenStoreError` from any exception of the caller's own store."""
    try:
        yield
    except Exception as error:
        raise TokenStoreError(TOKEN_STORE_FAILED, message) from error


def _pending_cookie(token: str) -> str:
    """Return the name of the cookie for the token of a sign-in that is not complete."""
    return ENROLMENT_COOKIE if token.startswith(_ENROLMENT_PREFIX) else CHALLENGE_COOKIE


def _check_token(token: str | None) -> None:
    """Reject a malformed token before httpx does, which would quote it.

    The token of a challenge may come from a browser through a web application, and must not add a cookie of its own.
    """
    if token and not _TOKEN.fullmatch(token):
        raise ValueError("The token contains an invalid character. Is there a line break at its end?")
