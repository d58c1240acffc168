"""The two ways to send requests: the only code that the two clients do not share.

All other code is written once, as coroutines that await nothing but a sender. `Async` suspends there, as usual. `Sync` never
suspends, so a coroutine that awaits only `Sync` runs to its end at the first step, as a plain function does.
"""

import time
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import anyio
import httpx

P = ParamSpec("P")
R = TypeVar("R")


class Sync:
    """Sends with a blocking client."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send the request and read the whole response."""
        return self.http.send(request, follow_redirects=False)

    async def sleep(self, seconds: float) -> None:
        """Block for so many seconds."""
        time.sleep(seconds)  # noqa: ASYNC251 - blocking is what this sender is for

    def bind(self, operation: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
        """Return the operation as a plain function."""

        @wraps(operation)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return _run(operation(*args, **kwargs))

        return call


class Async:
    """Sends with an asynchronous client, on asyncio or trio."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send the request and read the whole response."""
        return await self.http.send(request, follow_redirects=False)

    async def sleep(self, seconds: float) -> None:
        """Suspend for so many seconds."""
        await anyio.sleep(seconds)

    def bind(self, operation: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        """Return the operation unchanged."""
        return operation


def _run(coroutine: Coroutine[Any, Any, R]) -> R:
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: R = stop.value
        return result
    coroutine.close()
    raise RuntimeError("An operation awaited something other than its sender.")
