"""A TCP proxy to PostgreSQL that can fall silent as a network does: sockets stay open, and nothing passes any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit


class SilentProxy:
    """Passes bytes on, until it is told to be silent on the connections that are open."""

    def __init__(self, server_socket: str) -> None:
        self._server_socket = f"{server_socket}/.s.PGSQL.5432"
        self._open: set[asyncio.Event] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.silent_at: bytes | None = None
        """Fall silent, on the connection where it comes by, when this is said to the database; it is not passed on."""

    def fall_silent(self) -> None:
        """Pass nothing more on, on any connection that is open now; those to come are passed on."""
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
    """Run a proxy in front of a test's database; yield it and the address that leads through it."""
    parts = urlsplit(database_url)
    [server_socket] = parse_qs(parts.query)["host"]
    proxy = SilentProxy(server_socket)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        yield proxy, f"postgresql://postgres@127.0.0.1:{port}{parts.path}"
        await proxy.close()
