"""How tokens travel: shown with each request, and taken from each answer."""

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
"""Whether the session's token is shown as `Authorization: Bearer`, or as a cookie as browsers do."""

COOKIE_PREFIX = "athena-auth"
"""What the names of the server's cookies begin with by default."""
_SESSION = "session_token"
_CHALLENGE = "two_factor"
_TRUSTED_DEVICE = "trust_device"
_RECOGNIZED_BROWSER = "recognized_browser"
_SECURE_PREFIX = "__Secure-"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750 section 2.1

_NOT_LOADED = "The token store failed to load the tokens, so nothing was sent."
_NOT_SAVED = (
    "The server has done what it was asked, but the token store failed to save the new tokens. Sign in again."
)


class Credentials:
    """Shows tokens and learns them.

    What is learnt is the same in both modes: bearers too are told by cookie what has ended and which device is trusted.
    """

    def __init__(self, store: TokenStore, mode: CredentialsMode, origin: str, cookie_prefix: str) -> None:
        """Take where tokens are kept, how they are shown, for whose page to speak with cookies, and their prefix."""
        self._store = store
        self._mode = mode
        self._origin = origin
        self._cookie_prefix = f"{cookie_prefix}."
        # Two threads that learn at once must not undo each other's half.
        self._lock = Lock()

    def headers(self, challenge: str | None) -> dict[str, str]:
        """Return the headers that say who is calling: the owner of the session, or of this challenge instead."""
        with _reporting(_NOT_LOADED):
            tokens = self._store.load()
        for token in (challenge, tokens.session, tokens.trusted_device, tokens.recognized_browser):
            _refuse_if_malformed(token)
        # A trusted device, and one that has signed in before, is known by its cookie alone, also to a bearer.
        cookies = {
            _TRUSTED_DEVICE: tokens.trusted_device,
            _RECOGNIZED_BROWSER: tokens.recognized_browser,
        }
        headers: dict[str, str] = {}
        if self._mode == "cookie":
            cookies |= {_CHALLENGE: challenge} if challenge else {_SESSION: tokens.session}
            # What a browser adds by itself: without it, a request by cookie counts as forged.
            headers["origin"] = self._origin
        elif token := challenge or tokens.session:
            headers["authorization"] = f"Bearer {token}"
        if shown := self._cookie_header(cookies):
            headers["cookie"] = shown
        return headers

    def learn(self, headers: httpx.Headers, *, keep_session: bool) -> None:
        """Keep the tokens that an answer brings, and forget those it ends, as a browser would."""
        cookies = dict(self._read(cookie) for cookie in headers.get_list("set-cookie"))
        minted = headers.get("set-auth-token")
        changes: dict[str, str | None] = {}
        if minted and keep_session:
            changes["session"] = minted
        elif _SESSION in cookies and cookies[_SESSION] is None:
            changes["session"] = None
        if _TRUSTED_DEVICE in cookies:
            changes["trusted_device"] = cookies[_TRUSTED_DEVICE]
        if _RECOGNIZED_BROWSER in cookies:
            changes["recognized_browser"] = cookies[_RECOGNIZED_BROWSER]
        if not changes:
            return
        with self._lock, _reporting(_NOT_SAVED):
            self._store.save(msgspec.structs.replace(self._store.load(), **changes))

    def _cookie_header(self, cookies: dict[str, str | None]) -> str:
        # A server that browsers reach by https reads the prefixed names only, also when this client reaches it by
        # http behind its proxy. Each server reads one of the two and ignores the other.
        return "; ".join(
            f"{secure}{self._cookie_prefix}{name}={value}"
            for name, value in cookies.items()
            if value
            for secure in ("", _SECURE_PREFIX)
        )

    def _read(self, set_cookie: str) -> tuple[str, str | None]:
        """Return a cookie's plain name and value; the server removes a cookie by an empty value."""
        name, _, value = set_cookie.partition(";")[0].partition("=")
        plain = name.strip().removeprefix(_SECURE_PREFIX)
        return plain.removeprefix(self._cookie_prefix), value.strip() or None


@contextmanager
def _reporting(message: str) -> Iterator[None]:
    """Raise what the caller's own store raises as an error of this package, chained: it is theirs to read."""
    try:
        yield
    except Exception as error:
        raise TokenStoreError(TOKEN_STORE_FAILED, message) from error


def _refuse_if_malformed(token: str | None) -> None:
    """Say so where a token cannot be one, before httpx says it and quotes the token.

    A challenge's may come from a browser by way of a web application: it must not add a cookie of its own.
    """
    if token and not _TOKEN.fullmatch(token):
        raise ValueError("A token holds a character no token has; is there a line break at its end?")
