"""The two clients."""

from types import TracebackType
from typing import Self, Unpack

import httpx

from athena_auth_client.auth import Auth
from athena_auth_client.connection import Connection, Options
from athena_auth_client.proxies import awaiting_transport, blocking_transport
from athena_auth_client.senders import Async, Sync

DEFAULT_BASE_URL = "http://localhost:3001/api/auth"
_TIMEOUT = httpx.Timeout(10, connect=5)
_HEADERS = {"user-agent": "athena-auth-python"}


class AthenaClient:
    """A client of one person on one device, for programs that block.

    Threads may share it. Close it, or use it in a `with` statement.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        http: httpx.Client | None = None,
        **options: Unpack[Options],
    ) -> None:
        """Take where the server is, and how to reach it.

        Args:
            base_url: The server's address, with the path it answers under.
            http: An httpx client of your own, for proxies, certificates or other timeouts than 10 seconds. It
                stays yours to close; clients of many people may share one.
            **options: See `Options`.

        Raises:
            ValueError: the base URL is not one.
            AthenaError: INVALID_PROXY, the environment names a proxy that cannot be used.
        """
        self._is_own = http is None
        if http is None:
            transport = blocking_transport(base_url)
            http = httpx.Client(timeout=_TIMEOUT, headers=_HEADERS, transport=transport)
        self._http = http
        self._connection = Connection(Sync(self._http), base_url, options)
        self.auth = Auth(self._connection)
        """Everything it can do."""

    def close(self) -> None:
        """Close the connections that are its own."""
        if self._is_own:
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
    """A client of one person on one device, for programs that await.

    Close it, or use it in an `async with` statement.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        http: httpx.AsyncClient | None = None,
        **options: Unpack[Options],
    ) -> None:
        """Take where the server is, and how to reach it: see `AthenaClient`."""
        self._is_own = http is None
        if http is None:
            transport = awaiting_transport(base_url)
            http = httpx.AsyncClient(timeout=_TIMEOUT, headers=_HEADERS, transport=transport)
        self._http = http
        self._connection = Connection(Async(self._http), base_url, options)
        self.auth = Auth(self._connection)
        """Everything it can do."""

    async def aclose(self) -> None:
        """Close the connections that are its own."""
        if self._is_own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncAthenaClient({self._connection.base_url!r})"
