"""HTTP/1.1 as uvicorn reads it, with a limit on how long a request's head may grow.

httptools keeps what it has of an unfinished head and asks for more, without end: one connection that never
sends the empty line could fill the memory and keep the event loop busy with it.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 65_536
"""Bytes of request line and headers."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedHeadProtocol(HttpToolsProtocol):
    """Closes a connection whose request head passes the limit."""

    _in_head = True
    _head_bytes = 0

    def on_headers_complete(self) -> None:
        """Take the head as complete."""
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for the next head."""
        self._in_head = True
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Read on, and count what belongs to a head that is still unfinished."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()
