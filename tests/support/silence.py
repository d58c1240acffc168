"""A TCP proxy to PostgreSQL that can stop forwarding, like a failed network: its sockets stay open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit


class SilentProxy:
    """Forwards bytes until `fall_silent`, or until a connection carries `silent_at`."""

    def __init__(self, server_socket: str) -> None:
        self._server_socket = f"{server_socket}/.s.PGSQL.5432"
        self._open: set[asyncio.Event] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.silent_at: bytes | None = None
        """When a client sends these bytes, its connection falls silent. They are not forwarded."""

    def fall_silent(self) -> None:
        """Stop forwarding on all connections that are open now; later connections are forwarded."""
        for is_silent in self._open:
            is_silent.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_silent = asyncio.Event()
        self._open.add(is_silent)
        back, forth = await asyncio.open_unix_connection(self._server_socket)
        self._writers |= {writer, forth}
        for source, sink in ((reader, forth), (back, writer)):
            task = asyncio.create_task(self._pass_on(source, sink, is_silent))
            self._tasks.add(task)

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, is_silent: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65_536):
                if self.silent_at is not None and self.silent_at in data:
                    is_silent.set()
                if not is_silent.is_set():
                    sink.write(data)
            if not is_silent.is_set():
                sink.close()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def silent_proxy(database_url: str) -> AsyncIterator[tuple[SilentProxy, str]]:
    """Run a proxy in front of a test's database; yield it and the database's address through it."""
    parts = urlsplit(database_url)
    [server_socket] = parse_qs(parts.query)["host"]
    proxy = SilentProxy(server_socket)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        yield proxy, f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
        await proxy.close()
