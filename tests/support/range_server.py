"""A range query on loopback, which answers well or badly."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = Callable[["RangeServer", str, asyncio.StreamWriter], Awaitable[None]]
PADDING = "0" * 34 + "F:0\r\n"


def sha1_of(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def http(body: str, status: str = "200 OK", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
    return f"{head}\r\n\r\n{body}".encode()


async def well(server: "RangeServer", prefix: str, writer: asyncio.StreamWriter) -> None:
    """Answer with what is breached, in chunks of a few bytes, and with padding."""
    found = [sha1_of(each) for each in server.breached]
    lines = "".join(f"{each[5:]}:42\r\n" for each in found if each.startswith(prefix)) + PADDING
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for start in range(0, len(lines), 16):
        part = lines[start : start + 16]
        writer.write(f"{len(part):x}\r\n{part}\r\n".encode())
    writer.write(b"0\r\n\r\n")


@dataclass
class RangeServer:
    """A server; `answer` says how it answers."""

    breached: set[str] = field(default_factory=set)
    answer: Answer = well
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = head[0].split(" ")[1]
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        self.asked.append((path, headers))
        try:
            await self.answer(self, path.rpartition("/")[2], writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def range_server() -> AsyncIterator[RangeServer]:
    """Run one on a free port."""
    described = RangeServer()
    server = await asyncio.start_server(described._handle, "127.0.0.1", 0)  # noqa: SLF001 - its own module
    described.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/range/"
    try:
        yield described
    finally:
        server.close()
        await server.wait_closed()
