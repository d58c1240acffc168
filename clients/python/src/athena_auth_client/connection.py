"""One call: from an endpoint and a body to a typed answer or an error. It does no I/O; its sender does."""

from http import HTTPStatus
from typing import Any, Generic, TypedDict, TypeVar

import httpx
import msgspec

from athena_auth_client.credentials import COOKIE_PREFIX, Credentials, CredentialsMode
from athena_auth_client.endpoints import Endpoint
from athena_auth_client.errors import NETWORK_ERROR, NetworkError, refused, unanswered
from athena_auth_client.retry_after import retry_after
from athena_auth_client.senders import Async, Sync
from athena_auth_client.tokens import MemoryTokenStore, TokenStore

S = TypeVar("S", bound=Sync | Async)
T = TypeVar("T")

_RETRIES = 2
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5
"""Seconds. Whoever is asked to wait longer is told so by the error instead of by silence."""


class Options(TypedDict, total=False):
    """What both clients take beside where the server is."""

    tokens: TokenStore
    """Where to keep the tokens; in memory by default."""
    credentials: CredentialsMode
    """How to show the session's token: `bearer` (the default) or `cookie`."""
    origin: str
    """In cookie mode, the origin to speak for, where that of the base URL is not the one the server trusts."""
    cookie_prefix: str
    """What the names of the server's cookies begin with (its `ATHENA_COOKIE_PREFIX`); `athena-auth` by default."""
    retries: int
    """How often to repeat a read that met a broken connection or a busy server; 2 by default."""


class Connection(Generic[S]):
    """A server, who is calling, and how often to try."""

    def __init__(self, sender: S, base_url: str, options: Options) -> None:
        """Check and take them.

        Raises:
            ValueError: `base_url` is not an http or https address, or holds a name or a password.
        """
        self.sender = sender
        self.base_url = base_url.rstrip("/")
        self._retries = options.get("retries", _RETRIES)
        origin = _origin_of(self.base_url)
        self._credentials = Credentials(
            options.get("tokens", MemoryTokenStore()),
            options.get("credentials", "bearer"),
            options.get("origin", origin),
            options.get("cookie_prefix", COOKIE_PREFIX),
        )

    async def call(
        self,
        endpoint: Endpoint[T],
        body: dict[str, Any] | None = None,
        *,
        challenge: str | None = None,
        keep_session: bool = True,
    ) -> T:
        """Send a request (a GET carries its body as a query) and return the answer.

        With a challenge it speaks for the sign-in under way instead of for the session.

        Raises:
            AthenaError: it was refused, or no answer came.
        """
        response = await self._exchange(self._request(endpoint, body or {}, challenge), endpoint)
        if response.status_code != HTTPStatus.OK:
            raise refused(response)
        self._credentials.learn(response.headers, keep_session=keep_session)
        return endpoint.read(response)

    def _request(self, endpoint: Endpoint[Any], body: dict[str, Any], challenge: str | None) -> httpx.Request:
        is_read = endpoint.method == "GET"
        request = self.sender.http.build_request(
            endpoint.method,
            self.base_url + endpoint.path,
            params=body if is_read else None,
            content=None if is_read else msgspec.json.encode(body),
        )
        headers = request.headers
        headers["accept"] = "application/json"
        if not is_read:
            headers["content-type"] = "application/json"
        # The jar of the httpx client is not ours: what it may have kept would speak for somebody else.
        headers.pop("cookie", None)
        headers.update(self._credentials.headers(challenge))
        return request

    async def _exchange(self, request: httpx.Request, endpoint: Endpoint[Any]) -> httpx.Response:
        attempt = 0
        outcome = await self._try(request)
        while endpoint.repeatable and attempt < self._retries:
            pause = _pause_after(outcome, attempt)
            if pause is None:
                break
            await self.sender.pause(pause)
            attempt += 1
            outcome = await self._try(request)
        if isinstance(outcome, NetworkError):
            raise outcome
        return outcome

    async def _try(self, request: httpx.Request) -> httpx.Response | NetworkError:
        # Returned, and raised where httpx's exception is gone: that one holds the request, and Python would
        # chain it to ours.
        try:
            return await self.sender.send(request)
        except httpx.RequestError as error:
            return unanswered(error)


def _pause_after(outcome: httpx.Response | NetworkError, attempt: int) -> float | None:
    """Return the seconds to wait before a repetition, or None when it would not help."""
    backoff = _FIRST_PAUSE * 2**attempt
    if isinstance(outcome, NetworkError):
        # What has timed out was waited for long enough.
        return backoff if outcome.code == NETWORK_ERROR else None
    if outcome.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    asked = retry_after(outcome)
    pause = backoff if asked is None else asked
    return pause if pause <= _LONGEST_PAUSE else None


def _origin_of(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise ValueError("The base URL cannot be read.") from None
    # A password in an address ends up in logs, and httpx would send it in place of the token.
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError(
            "A base URL looks like https://auth.example.com/api/auth, without a password or a query."
        )
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
