"""A cheap load generator: keep-alive connections that send prepared bytes, each its next request on answer."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

CONNECTIONS = 8
_PHASE_TIMEOUT = 120.0
"""Seconds for one batch of requests; a server that hangs must not hang the benchmark."""
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class UnexpectedAnswerError(Exception):
    """The server did not do what is being measured, so the figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the seconds it took."""

    status: int
    body: bytes
    seconds: float

    def json(self, expected_status: int) -> Any:
        """Return the body.

        Raises:
            UnexpectedAnswerError: the status is another one.
        """
        if self.status != expected_status:
            raise UnexpectedAnswerError(f"{self.status} in place of {expected_status}: {self.body[:200]!r}")
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Load:
    """What a batch of requests brought back, in the order of the requests, and the seconds it took."""

    answers: list[Answer]
    seconds: float


def get(path: str, token: str | None = None) -> bytes:
    """Return a GET request as bytes."""
    return _request("GET", path, token, None)


def post(path: str, token: str | None = None, **body: str) -> bytes:
    """Return a POST request with a JSON body as bytes."""
    return _request("POST", path, token, body)


def _request(method: str, path: str, token: str | None, body: dict[str, str] | None) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [
        f"{method} /api/auth{path} HTTP/1.1",
        "Host: localhost",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) benchmark",
        "Accept: application/json",
    ]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join([*lines, "", ""]).encode() + payload


class LoadGenerator:
    """Sends batches of requests over connections that stay open between batches."""

    def __init__(self, streams: Sequence[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        """Take the open connections."""
        self._streams = streams

    async def send(self, requests: Sequence[bytes]) -> Load:
        """Send each request once, as many at a time as there are connections."""
        answers: dict[int, Answer] = {}
        pending = iter(enumerate(requests))
        started = time.perf_counter()
        async with asyncio.timeout(_PHASE_TIMEOUT), asyncio.TaskGroup() as group:
            for reader, writer in self._streams:
                group.create_task(_send_next(reader, writer, pending, answers))
        seconds = time.perf_counter() - started
        return Load([answers[index] for index in range(len(requests))], seconds)


@asynccontextmanager
async def load_generator(port: int) -> AsyncIterator[LoadGenerator]:
    """Connect to a server on this machine."""
    async with AsyncExitStack() as stack:
        streams = []
        for _ in range(CONNECTIONS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            streams.append((reader, writer))
        yield LoadGenerator(streams)


async def _send_next(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    pending: Iterator[tuple[int, bytes]],
    answers: dict[int, Answer],
) -> None:
    for index, request in pending:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        answers[index] = Answer(int(head[9:12]), body, time.perf_counter() - started)
