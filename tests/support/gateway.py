"""A text gateway on this machine, for Apprise's `json://`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote

from support.process import wait_for


@dataclass
class Gateway:
    """The messages that it received, and how it responds."""

    port: int
    taken: list[tuple[str, str]] = field(default_factory=list)
    """The number and the text of each accepted message."""
    asked: int = 0
    status: int = 200
    open: Event = field(default_factory=Event)
    """If cleared, it receives requests and does not respond."""

    def url(self, options: str = "") -> str:
        """Return its address for ATHENA_SMS_URL, with a password in it."""
        return f"json://athena:hunter2@127.0.0.1:{self.port}/send/{{phone}}{options}"

    def wait_for_text(self, *, nth: int = 1) -> tuple[str, str]:
        return wait_for(lambda: self.taken[nth - 1] if len(self.taken) >= nth else None, "a text")


@contextmanager
def running_gateway(port: int = 0) -> Iterator[Gateway]:
    """Run one, by default on any free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status = gateway.status
            gateway.asked += 1
            gateway.open.wait()
            if status < 300:
                gateway.taken.append((unquote(self.path.rpartition("/")[2]), body["message"]))
            # A real gateway also returns the recipient.
            answer = f"{self.path} {status}".encode()
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    gateway = Gateway(server.server_address[1])
    gateway.open.set()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gateway
    finally:
        gateway.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
