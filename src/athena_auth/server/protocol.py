"""uvicorn's HTTP/1.1 protocol, with limits on what one connection may cost.

httptools buffers an unfinished line without a bound and reports the trailer fields of a chunked body like headers, and
uvicorn has no deadline for a request that never comes. One connection could exhaust the memory, a thousand idle ones every
file descriptor, and a trailer `X-Forwarded-For` was taken for the client's address.

An application that runs its own uvicorn uses the same class: `uvicorn.run(app, http=BoundedHttpProtocol)`.
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from athena_auth.kernel.errors import ErrorCode, Refused
from athena_auth.server.connections import ConnectionGuard, ConnectionLimits
from athena_auth.server.response import refusal

MAX_HEAD = 65_536
"""The most bytes of request line and header fields."""
MAX_FIELDS = 100
"""The most header fields of a request."""
_MAX_TRAILERS = 8_192
"""The most bytes of trailer fields, which are read and dropped."""
_MAX_FRAMING = 16_384
"""The most bytes of chunk sizes, extensions and trailers; eight more are allowed for each byte of the body."""
_PIECE = 16_384
"""Bytes that the parser is fed at once, so that an unfinished line is noticed early."""
_LINE_OVERHEAD = len(" HTTP/1.1\r\n") + 1
_FIELD_OVERHEAD = len(": \r\n")
_GUARD = "athena_guard"


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection, within limits."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: ConnectionLimits = ConnectionLimits(),  # noqa: B008 - it is frozen
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._guard = _guard_of(server_state, self.loop, limits)
        self._is_cut = False
        self._in_head = True
        self._waits_since: float | None = None
        """When the head or the body that is being read began."""
        self._turns = 0
        """How often a head or a body has ended."""
        self._head_bytes = self._fields = self._trailer_bytes = 0
        self._unread = 0
        """Bytes of an unfinished head, or of the framing of a body."""
        self._body_bytes = 0

    @property
    def waits_since(self) -> float | None:
        """When the connection began to wait for a head; None while a request is being handled."""
        cycle = self._cycle
        is_idle = self._in_head and (cycle is None or cycle.response_complete)
        return (self._waits_since or 0.0) if is_idle else None

    @property
    def _cycle(self) -> RequestResponseCycle | None:
        # None before the first request, although uvicorn's annotation says otherwise.
        return self.cycle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Count the connection, and start the deadline for its first head."""
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        if not self._guard.admit(self, self.client[0] if self.client else None):
            self._cut("too many connections", Refused(ErrorCode.SERVICE_UNAVAILABLE, retry_after=1))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection."""
        self._guard.release(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Stop counting the connection: another protocol takes it over, with its own limits."""
        self._guard.release(self)
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        """Feed the parser piece by piece, and stop when a limit is exceeded."""
        if self._waits_since is None:
            self._waits_since = self.loop.time()
        for start in range(0, len(data), _PIECE):
            if self._is_cut or self.transport.is_closing():
                return
            self._feed(data[start : start + _PIECE])

    def _feed(self, piece: bytes) -> None:
        turns, in_head, body_bytes = self._turns, self._in_head, self._body_bytes
        super().data_received(piece)
        if self._is_cut or turns != self._turns:
            return
        self._unread += len(piece) - (self._body_bytes - body_bytes)
        if in_head and self._unread > MAX_HEAD:
            self._cut("head too large", Refused(ErrorCode.HEADERS_TOO_LARGE))
        elif not in_head and self._unread > _MAX_FRAMING + 8 * self._body_bytes:
            self._cut("framing too large", Refused(ErrorCode.PAYLOAD_TOO_LARGE))

    def on_message_begin(self) -> None:
        """Start a new head."""
        self._head_bytes = self._fields = self._trailer_bytes = self._body_bytes = 0
        if self._waits_since is None:
            self._waits_since = self.loop.time()  # a pipelined request, received with the one before it
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count a part of the request's target."""
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header field. A trailer field is dropped, because proxies may forward it unchecked."""
        size = len(name) + len(value) + _FIELD_OVERHEAD
        if not self._in_head:
            self._trailer_bytes += size
            if self._trailer_bytes > _MAX_TRAILERS:
                self._cut("trailers too large", Refused(ErrorCode.PAYLOAD_TOO_LARGE))
            return
        self._head_bytes += size
        self._fields += 1
        if self._fields > MAX_FIELDS:
            self._cut("too many header fields", Refused(ErrorCode.HEADERS_TOO_LARGE))
        elif not self._is_cut:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Handle the request, unless its head is too large."""
        self._turn(in_head=False)
        if self._head_bytes + len(self.parser.get_method()) + _LINE_OVERHEAD + 2 > MAX_HEAD:
            self._cut("head too large", Refused(ErrorCode.HEADERS_TOO_LARGE))
        if not self._is_cut:
            self._waits_since = self.loop.time()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count a part of the body."""
        self._body_bytes += len(body)
        if not self._is_cut:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next head. Its deadline starts with its first byte; until then uvicorn's keep-alive applies."""
        self._turn(in_head=True)
        self._waits_since = None
        if not self._is_cut:
            super().on_message_complete()

    def _turn(self, *, in_head: bool) -> None:
        self._in_head = in_head
        self._turns += 1
        self._unread = 0

    def send_400_response(self, msg: str) -> None:
        """Refuse malformed HTTP."""
        if not self._is_cut:
            self._cut("not HTTP", Refused(ErrorCode.VALIDATION_ERROR, f"{msg.rstrip('.')}."))

    def check(self, now: float) -> None:
        """Close the connection if its head or its body takes too long."""
        if self._waits_since is None or self._is_cut:
            return
        waited = now - self._waits_since
        if self._in_head:
            if waited > self._limits.head_seconds:
                self._cut("head too slow", Refused(ErrorCode.REQUEST_TIMEOUT))
        elif self.flow.read_paused:
            self._waits_since = now  # the application delays the body, not the client
        elif waited > self._limits.body_seconds + self._body_bytes / self._limits.body_rate:
            self._cut("body too slow", Refused(ErrorCode.REQUEST_TIMEOUT))

    def make_room(self) -> None:
        """Close the connection in favour of another."""
        self._cut("made room", None)

    def _cut(self, reason: str, refused: Refused | None) -> None:
        if self._is_cut:
            return
        self._is_cut = True
        self._guard.count_cut(reason)
        self._unset_keepalive_if_required()
        cycle = self._cycle
        answers = cycle is not None and cycle.response_started and not cycle.response_complete
        if refused is not None and not answers and not self.transport.is_closing():
            self.transport.write(_answer(refused))
        self.transport.close()


def _answer(refused: Refused) -> bytes:
    response = refusal(refused)
    phrase = refused.code.status.phrase
    lines = [f"HTTP/1.1 {int(response.status)} {phrase}".encode(), b"connection: close"]
    lines += [b"content-type: " + response.content_type, b"content-length: %d" % len(response.body)]
    lines += [name + b": " + value for name, value in response.headers]
    return b"\r\n".join([*lines, b"", response.body])


def _guard_of(
    server_state: ServerState, loop: asyncio.AbstractEventLoop, limits: ConnectionLimits
) -> ConnectionGuard:
    """Return the guard that the connections of this server share."""
    guard = getattr(server_state, _GUARD, None)
    if not isinstance(guard, ConnectionGuard):
        guard = ConnectionGuard(loop, limits)
        setattr(server_state, _GUARD, guard)
    return guard
