"""A call: a request to an endpoint, its retries, and its result or error. All I/O is in the sender."""

from http import HTTPStatus
from typing import Any, Generic, TypedDict, TypeVar

import httpx
import msgspec

from athena_auth_client.credentials import COOKIE_PREFIX, Credentials, CredentialsMode
from athena_auth_client.endpoints import Endpoint
from athena_auth_client.errors import NETWORK_ERROR, NetworkError, error_from, network_error
from athena_auth_client.retry_after import retry_after
from athena_auth_client.senders import Async, Sync
from athena_auth_client.tokens import MemoryTokenStore, TokenStore

S = TypeVar("S", bound=Sync | Async)
T = TypeVar("T")

_RETRIES = 2
_FIRST_DELAY = 0.1
_MAX_DELAY = 5
"""Seconds. If the server asks for a longer pause, the call fails with `retry_after` instead of blocking."""


class Options(TypedDict, total=False):
    """The options of both clients."""

    tokens: TokenStore
    """Where to store the tokens; in memory by default."""
    credentials: CredentialsMode
    """How to send the session's token: `bearer` (the default) or `cookie`."""
    origin: str
    """The `Origin` to send in cookie mode, if the server does not trust that of the base URL."""
    cookie_prefix: str
    """The prefix of the server's cookie names (its `ATHENA_COOKIE_PREFIX`); `athena-auth` by default."""
    retries: int
    """How often to retry a read after a broken connection or a 503; 2 by default."""


class Connection(Generic[S]):
    """A server, the client's credentials, and the number of retries.

    Raises:
        ValueError: `base_url` is not an http or https URL, or contains a user name or password.
    """

    def __init__(self, sender: S, base_url: str, options: Options) -> None:
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
        store_session: bool = True,
    ) -> T:
        """Send a request and return its result. A GET sends `body` as its query.

        With a `challenge` token the request belongs to that sign-in instead of the session.

        Raises:
            AthenaError: the call was refused or failed.
        """
        response = await self._send(
            self._request(endpoint, body or {}, challenge), retries=self._retries if endpoint.retryable else 0
        )
        if response.status_code != HTTPStatus.OK:
            raise error_from(response)
        self._credentials.store_tokens(response.headers, store_session=store_session)
        return endpoint.decode(response)

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
        # The httpx client may be shared: cookies in its jar may be another user's.
        headers.pop("cookie", None)
        headers.update(self._credentials.request_headers(challenge))
        return request

    async def _send(self, request: httpx.Request, *, retries: int) -> httpx.Response:
        outcome = await self._send_once(request)
        for attempt in range(retries):
            delay = _retry_delay(outcome, attempt)
            if delay is None:
                break
            await self.sender.sleep(delay)
            outcome = await self._send_once(request)
        if isinstance(outcome, NetworkError):
            raise outcome
        return outcome

    async def _send_once(self, request: httpx.Request) -> httpx.Response | NetworkError:
        # The error is returned, and raised outside the except block: httpx's exception holds the request, and Python
        # would chain it.
        try:
            return await self.sender.send(request)
        except httpx.RequestError as error:
            return network_error(error)


def _retry_delay(outcome: httpx.Response | NetworkError, attempt: int) -> float | None:
    """Return the seconds to wait before a retry, or None if a retry would not help."""
    backoff = _FIRST_DELAY * 2**attempt
    if isinstance(outcome, NetworkError):
        # After a timeout the caller has waited long enough.
        return backoff if outcome.code == NETWORK_ERROR else None
    if outcome.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    requested = retry_after(outcome)
    delay = backoff if requested is None else requested
    return delay if delay <= _MAX_DELAY else None


def _origin_of(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise ValueError("The base URL is malformed.") from None
    # A password in a URL ends up in logs, and httpx would send it instead of the token.
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError(
            "A base URL looks like https://auth.example.com/api/auth, without a password or a query."
        )
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
