"""The two ways to send. They are all that the two clients do not share.

Everything above is written once, as coroutines that await nothing but a sender. `Async` suspends there, as usual.
`Sync` never suspends: a coroutine that awaits only it runs to its end at the first step, which is an ordinary call.
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
        """Take the client."""
        self.http = http

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send and wait for the whole answer."""
        return self.http.send(request, follow_redirects=False)

    async def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)  # noqa: ASYNC251 - blocking is what this sender is for

    def bind(self, operation: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
        """Return the operation as an ordinary function."""

        @wraps(operation)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return _run(operation(*args, **kwargs))

        return call


class Async:
    """Sends with an asynchronous client, on asyncio or trio."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        """Take the client."""
        self.http = http

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send and wait for the whole answer."""
        return await self.http.send(request, follow_redirects=False)

    async def pause(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    def bind(self, operation: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        """Return the operation as it is."""
        return operation


def _run(coroutine: Coroutine[Any, Any, R]) -> R:
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    coroutine.close()
    raise RuntimeError("an operation awaited something else than its sender")
