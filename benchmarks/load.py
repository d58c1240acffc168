"""A cheap load generator: keep-alive connections that send prepared bytes, each its next request on answer."""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

ORIGIN = "http://localhost:3000"
"""The page that requests say they come from; servers that ask for one are told to trust it."""
_BATCH_TIMEOUT = 180.0
"""Seconds for one batch of requests; a server that hangs must not hang the benchmark."""
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n"


class UnexpectedAnswerError(Exception):
    """The server did not do what is being measured, so the figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the seconds it took."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    def json(self) -> Any:
        """Return the body."""
        return json.loads(self.body)

    def expect(self, status: int) -> Self:
        """Return this answer.

        Raises:
            UnexpectedAnswerError: its status is another one.
        """
        if self.status != status:
            raise UnexpectedAnswerError(f"{self.status} in place of {status}: {self.body[:200]!r}")
        return self

    def header_values(self, name: str) -> list[str]:
        """Return the values of all headers of this name."""
        found = re.findall(rf"\r\n{name}: *([^\r]*)".encode(), self.head, re.IGNORECASE)
        return [value.decode("latin-1") for value in found]


@dataclass(frozen=True, slots=True)
class Load:
    """What a batch of requests brought back, in the order of the requests, and the seconds it took."""

    answers: list[Answer]
    seconds: float


def get(path: str, credential: str | None = None) -> bytes:
    """Return a GET request as bytes; the credential is a whole header line."""
    return _request("GET", path, credential, None)


def post(path: str, credential: str | None = None, **body: str) -> bytes:
    """Return a POST request with a JSON body as bytes."""
    return _request("POST", path, credential, body)


def _request(method: str, path: str, credential: str | None, body: dict[str, str] | None) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} /api/auth{path} HTTP/1.1",
        "Host: localhost",
        f"Origin: {ORIGIN}",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) benchmark",
        "Accept: application/json",
    ]
    if credential is not None:
        lines.append(credential)
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join([*lines, "", ""]).encode() + payload


class Connection:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to a server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def close(self) -> None:
        self._writer.close()

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            UnexpectedAnswerError: the connection broke.
        """
        started = time.perf_counter()
        self._writer.write(request)
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = _CONTENT_LENGTH.search(head)
            body = await (self._chunks() if length is None else self._reader.readexactly(int(length[1])))
        except (EOFError, OSError) as error:
            raise UnexpectedAnswerError(f"no answer: {error}") from None
        return Answer(int(head[9:12]), head, body, time.perf_counter() - started)

    async def _chunks(self) -> bytes:
        """Read a chunked body (RFC 9112 section 7.1), which Node sends."""
        body = b""
        while size := int(await self._reader.readuntil(_END), 16):
            body += (await self._reader.readexactly(size + len(_END)))[:-2]
        await self._reader.readuntil(_END)
        return body


class LoadGenerator:
    """Sends batches of requests over so many connections."""

    def __init__(self, port: int, connections: int) -> None:
        """Take where to connect; nothing is connected yet."""
        self._port = port
        self._size = connections
        self._connections: list[Connection] = []

    async def connect(self) -> None:
        """Make fresh connections: a server may have closed those that were idle."""
        self.close()
        self._connections = [await Connection.open(self._port) for _ in range(self._size)]

    def close(self) -> None:
        """Disconnect."""
        for connection in self._connections:
            connection.close()
        self._connections = []

    async def send(self, requests: Sequence[bytes]) -> Load:
        """Send each request once, as many at a time as there are connections.

        Raises:
            UnexpectedAnswerError: a connection broke, or the answers took too long.
        """
        answers: dict[int, Answer] = {}
        pending = iter(enumerate(requests))
        started = time.perf_counter()
        try:
            async with asyncio.timeout(_BATCH_TIMEOUT):
                await asyncio.gather(*(_send_next(each, pending, answers) for each in self._connections))
        except TimeoutError:
            raise UnexpectedAnswerError(f"not all answered within {_BATCH_TIMEOUT:.0f} s") from None
        seconds = time.perf_counter() - started
        return Load([answers[index] for index in range(len(requests))], seconds)


async def _send_next(
    connection: Connection, pending: Iterator[tuple[int, bytes]], answers: dict[int, Answer]
) -> None:
    for index, request in pending:
        answers[index] = await connection.exchange(request)
