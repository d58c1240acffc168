"""Limits of one connection, tested with raw sockets against the class that host applications can use too."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from athena_auth.server.connections import ConnectionLimits
from athena_auth.server.protocol import MAX_FIELDS, MAX_HEAD, BoundedHttpProtocol

PATIENCE = 20.0
GET = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n"


class Recorder:
    """An application that notes what reaches it, and answers with the length of the body."""

    def __init__(self) -> None:
        self.heads: list[dict[bytes, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.heads.append(dict(scope["headers"]))
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        body = str(length).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Raw:
    """A connection that sends what it is told to, and reads answers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def try_to_send(self, data: bytes) -> None:
        """Send to a server that may have heard enough before the end."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def answer(self) -> tuple[int, bytes]:
        """Return the status and the body of the next answer; (0, b"") when the connection is closed without one."""
        try:
            first = self._file.readline()
            if not first:
                return 0, b""
            length = 0
            while (line := self._file.readline()) not in {b"\r\n", b""}:
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            return int(first.split()[1]), self._file.read(length)
        except ConnectionResetError:
            return 0, b""

    def refusal(self) -> tuple[int, str]:
        """Return the status and the code of an answer in the one shape."""
        status, body = self.answer()
        problem = json.loads(body)
        assert set(problem) == {"message", "code"}
        return status, problem["code"]

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Bounded:
    """A running server and its application."""

    def __init__(self, port: int, recorder: Recorder) -> None:
        self.port, self.recorder = port, recorder
        self._raws: list[Raw] = []

    def connect(self, data: bytes = b"") -> Raw:
        raw = Raw(self.port)
        self._raws.append(raw)
        raw.send(data)
        return raw

    def close(self) -> None:
        for raw in self._raws:
            raw.close()


@contextmanager
def bounded(limits: ConnectionLimits) -> Iterator[Bounded]:
    """Serve the recorder within these limits."""
    recorder = Recorder()
    listener = socket.create_server(("127.0.0.1", 0))
    http = partial(BoundedHttpProtocol, limits=limits)
    config = uvicorn.Config(recorder, http=http, lifespan="off", log_config=None)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    running = Bounded(listener.getsockname()[1], recorder)
    try:
        yield running
    finally:
        running.close()
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Bounded]:
    """Serve within the limits that the product has."""
    with bounded(ConnectionLimits()) as running:
        yield running


def head_of(size: int) -> bytes:
    """Return a request whose head has exactly so many bytes."""
    start, end = b"GET / HTTP/1.1\r\nhost: here\r\nx-long: ", b"\r\n\r\n"
    return start + b"a" * (size - len(start) - len(end)) + end


def was_executed(server: Bounded) -> bool:
    """Tell whether a request with too large a head was executed. Others, of earlier tests, may still come."""
    longest = head_of(MAX_HEAD).count(b"a")
    heads = server.recorder.heads
    return any(len(head) > MAX_FIELDS or len(head.get(b"x-long", b"")) > longest for head in heads)


@pytest.mark.parametrize("size", [0, 1, 65_471, 65_536, 200_000])
def test_bytes_of_a_body_count_as_body(server: Bounded, size: int) -> None:
    """Once a body of 65,471 bytes, sent with its head in one piece, got an empty 431 and was executed all the same."""
    request = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % size
    assert server.connect(request + b"x" * size).answer() == (200, str(size).encode())


@pytest.mark.parametrize("size", [65_471, 65_536])
def test_a_body_behind_a_large_head_is_still_a_body(server: Bounded, size: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: here\r\nx-long: %s\r\ncontent-length: %d\r\n\r\n" % (
        b"a" * 60_000,
        size,
    )
    assert server.connect(head + b"x" * size).answer() == (200, str(size).encode())


def test_a_head_is_as_long_as_it_is_said_and_no_longer(server: Bounded) -> None:
    assert server.connect(head_of(MAX_HEAD)).answer() == (200, b"0")


@pytest.mark.parametrize("size", [MAX_HEAD + 1, 200_000])
def test_a_longer_head_is_refused_and_never_executed(server: Bounded, size: int) -> None:
    raw = server.connect()
    raw.try_to_send(head_of(size))
    assert raw.refusal() == (431, "HEADERS_TOO_LARGE")
    assert not was_executed(server)


@pytest.mark.parametrize(
    "endless", [b"GET /" + b"a" * 10_000_000, GET[:-2] + b"x-long: " + b"a" * 10_000_000]
)
def test_a_line_without_an_end_is_cut(server: Bounded, endless: bytes) -> None:
    raw = server.connect()
    raw.try_to_send(endless)
    assert raw.answer()[0] in {431, 0}  # 0: the answer was lost with what the server did not read
    assert server.connect(GET).answer() == (200, b"0")


def test_a_request_has_at_most_a_hundred_header_fields(server: Bounded) -> None:
    def request(fields: int) -> bytes:
        return b"GET / HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(fields)) + b"\r\n"

    assert server.connect(request(MAX_FIELDS)).answer() == (200, b"0")
    assert server.connect(request(MAX_FIELDS + 1)).refusal() == (431, "HEADERS_TOO_LARGE")
    assert not was_executed(server)


def test_a_trailer_never_becomes_a_header(server: Bounded) -> None:
    """Behind a proxy that lets trailers pass, its sender would choose the address that limits count her under."""
    trailers = b"x-forwarded-for: 198.51.100.7\r\ncookie: a=b\r\n"
    assert server.connect(CHUNKED + b"3\r\nabc\r\n0\r\n" + trailers + b"\r\n").answer() == (200, b"3")
    assert set(server.recorder.heads[-1]) == {b"host", b"transfer-encoding"}


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"x-%d: y\r\n" % n for n in range(100_000)),
        b"x-long: " + b"a" * 1_048_576 + b"\r\n",
    ],
)
def test_trailers_cannot_fill_the_memory(server: Bounded, flood: bytes) -> None:
    raw = server.connect(CHUNKED)
    raw.try_to_send(b"0\r\n" + flood)
    assert raw.answer()[0] in {413, 0}


@pytest.mark.parametrize(
    "extension", [b"1;" + b"a" * 2_000_000, b"1;a=b\r\nx\r\n" * 3 + b"1;" + b"a" * 100_000]
)
def test_extensions_of_chunks_cannot_either(server: Bounded, extension: bytes) -> None:
    raw = server.connect(CHUNKED)
    raw.try_to_send(extension)
    assert raw.answer()[0] in {413, 0}


def test_a_body_in_the_smallest_of_chunks_is_taken(server: Bounded) -> None:
    assert server.connect(CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n").answer() == (200, b"20000")


def test_what_is_no_http_gets_an_answer_in_the_one_shape(server: Bounded) -> None:
    assert server.connect(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").refusal() == (400, "VALIDATION_ERROR")


def test_requests_in_one_piece_are_answered_in_their_order(server: Bounded) -> None:
    first = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 3\r\n\r\nabc"
    raw = server.connect(first + GET + first)
    assert [raw.answer() for _ in range(3)] == [(200, b"3"), (200, b"0"), (200, b"3")]


@pytest.mark.parametrize("unfinished", [b"", b"GET / HT", GET[:-2], GET + GET[:-2]])
def test_a_head_that_does_not_come_is_not_waited_for(unfinished: bytes) -> None:
    with bounded(ConnectionLimits(head_seconds=0.5)) as server:
        raw = server.connect(unfinished)
        if unfinished.startswith(GET):
            assert raw.answer() == (200, b"0")
        assert raw.refusal() == (408, "REQUEST_TIMEOUT")


def test_a_head_that_comes_byte_by_byte_is_not_waited_for_either() -> None:
    with bounded(ConnectionLimits(head_seconds=0.5)) as server:
        raw = server.connect()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                raw.send(b"a")
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(0.05)
        else:
            pytest.fail("it was read for as long as it came")


def test_a_body_has_a_minimum_rate() -> None:
    with bounded(ConnectionLimits(body_seconds=0.5)) as server:
        raw = server.connect(b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 10\r\n\r\nabc")
        assert raw.refusal() == (408, "REQUEST_TIMEOUT")


def test_whoever_waits_longest_makes_room_for_others() -> None:
    """1,024 requests of which half a line had come once stopped the server."""
    with bounded(ConnectionLimits(total=16)) as server:
        silent = [server.connect(b"GET / HT") for _ in range(40)]
        assert server.connect(GET).answer() == (200, b"0")
        assert silent[0].answer() == (0, b"")


def test_one_client_has_its_share() -> None:
    with bounded(ConnectionLimits(per_client=2, exempt=())) as server:
        silent = [server.connect(b"GET / HT") for _ in range(3)]
        assert silent[0].answer() == (0, b"")
        for late in silent[1:]:
            late.send(b"TP/1.1\r\nhost: here\r\n\r\n")
            assert late.answer() == (200, b"0")
