"""The two clients."""

from types import TracebackType
from typing import Self, Unpack

import httpx

from athena_auth_client.auth import Auth
from athena_auth_client.connection import Connection, Options
from athena_auth_client.proxies import async_transport, sync_transport
from athena_auth_client.senders import Async, Sync

DEFAULT_BASE_URL = "http://localhost:3001/api/auth"
_TIMEOUT = httpx.Timeout(10, connect=5)
_HEADERS = {"user-agent": "athena-auth-python"}


class AthenaClient:
    """A blocking client, for one user on one device.

    Threads may share it. Close it, or use it in a `with` statement.

    Args:
        base_url: The address of the server's API.
        http: An httpx client of your own, for other proxies, certificates or timeouts than 10 seconds. You close it;
            clients of many users may share one.
        **options: See `Options`.

    Raises:
        ValueError: the base URL is malformed.
        AthenaError: INVALID_PROXY, the proxy in the environment cannot be used.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        http: httpx.Client | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._owns_http = http is None
        if http is None:
            transport = sync_transport(base_url)
            http = httpx.Client(timeout=_TIMEOUT, headers=_HEADERS, transport=transport)
        self._http = http
        self._connection = Connection(Sync(self._http), base_url, options)
        self.auth = Auth(self._connection)
        """The operations."""

    def close(self) -> None:
        """Close the connections, unless you passed the httpx client."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"AthenaClient({self._connection.base_url!r})"


class AsyncAthenaClient:
    """An asynchronous client, for one user on one device, on asyncio or trio.

    Close it, or use it in an `async with` statement. It is constructed as `AthenaClient` is, with an `httpx.AsyncClient`.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        http: httpx.AsyncClient | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._owns_http = http is None
        if http is None:
            transport = async_transport(base_url)
            http = httpx.AsyncClient(timeout=_TIMEOUT, headers=_HEADERS, transport=transport)
        self._http = http
        self._connection = Connection(Async(self._http), base_url, options)
        self.auth = Auth(self._connection)
        """The operations."""

    async def aclose(self) -> None:
        """Close the connections, unless you passed the httpx client."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncAthenaClient({self._connection.base_url!r})"
